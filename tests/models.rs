//! All models: typed inputs, warnings, prices, parameters, schemas.

use pruna::{Category, Model, ParameterType, Request, Usd, inputs::*};
use serde_json::{Value, json};

use crate::support::{builder, client, emulator};

const UPLOADED: &str = "https://api.pruna.ai/v1/files/fqadqq42xq";
const SECOND: &str = "https://api.pruna.ai/v1/files/m3k7t9wz1c";

/// Returns the examples of version 0.2.0 of the OpenAPI document. An update of the document moves that file.
fn first_document() -> Value {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi");
    let document = ["p-api-0.2.0.json", "history/p-api-0.2.0.json"].iter().find_map(|name| {
        let text = std::fs::read_to_string(folder.join(name)).ok()?;
        serde_json::from_str::<Value>(&text).ok()
    });
    let submission = &document.unwrap()["paths"]["/v1/predictions"]["post"]["requestBody"];
    submission["content"]["application/json"]["examples"].clone()
}

/// Builds the same examples by the typed API.
fn examples() -> Vec<Request> {
    let uploaded = || Media::url(UPLOADED);
    vec![
        FluxDev::new("A beautiful landscape with mountains and a lake at sunset")
            .speed_mode(FluxDevSpeedMode::JUICED)
            .num_inference_steps(28)
            .guidance(3.5)
            .seed(42)
            .aspect_ratio(AspectRatio::R16_9)
            .image_size(1024)
            .output_format(OutputFormat::JPG)
            .output_quality(80)
            .into(),
        FluxDevLora::new("A lighthouse keeper feeding gulls, in the style of a linocut")
            .lora("owner/linocut-lora")
            .lora_scale(0.9)
            .speed_mode(FluxDevLoraSpeedMode::EXTRA_JUICED)
            .aspect_ratio(AspectRatio::R4_5)
            .num_outputs(2)
            .output_format(OutputFormat::PNG)
            .seed(7)
            .into(),
        Flux2Klein4b::new("The teapot of the first picture on the table of the second")
            .images([uploaded(), Media::url(SECOND)])
            .aspect_ratio(AspectRatio::MATCH_INPUT_IMAGE)
            .output_megapixels(Flux2Klein4bOutputMegapixels::M1)
            .seed(11)
            .into(),
        WanI2v::new("The kite rises, the camera follows it slowly", uploaded())
            .num_frames(81)
            .resolution(Resolution::R720P)
            .frames_per_second(16)
            .into(),
        WanT2v::new("Paper boats drift down a gutter in the rain, seen from above")
            .num_frames(97)
            .resolution(Resolution::R480P)
            .aspect_ratio(AspectRatio::R9_16)
            .seed(5)
            .into(),
        WanImageSmall::new("A bicycle leaning on a blue wall, hard midday shadow")
            .aspect_ratio(AspectRatio::CUSTOM)
            .width(768)
            .height(512)
            .num_outputs(3)
            .seed(21)
            .into(),
        QwenImage::new("A shop sign that reads OPEN UNTIL LATE, neon on brick")
            .negative_prompt("people, cars")
            .aspect_ratio(AspectRatio::R3_2)
            .image_size(QwenImageImageSize::OPTIMIZE_FOR_QUALITY)
            .num_inference_steps(30)
            .guidance(3)
            .output_format(OutputFormat::WEBP)
            .seed(3)
            .into(),
        QwenImageFast::new("A greenhouse at night, lit from inside")
            .aspect_ratio("16:9")
            .creativity(0.8)
            .seed(99)
            .into(),
        QwenImageEditPlus::new("Replace the grey sky by the first light of morning", [uploaded()])
            .aspect_ratio(AspectRatio::MATCH_INPUT_IMAGE)
            .output_format(OutputFormat::PNG)
            .into(),
        Vace::new("The red fox of the picture crosses a snowy yard")
            .src_ref_images([uploaded()])
            .size(VaceSize::S832X480)
            .frame_num(81)
            .speed_mode(VaceSpeedMode::EXTRA_JUICED)
            .sample_solver(VaceSampleSolver::UNIPC)
            .seed(-1)
            .into(),
        PImage::new("A heron standing in morning mist, long lens").aspect_ratio(AspectRatio::R16_9).seed(42).into(),
        PImageEdit::new("Put the hat of image 2 on the person of image 1")
            .images([uploaded(), Media::url(SECOND)])
            .turbo(false)
            .seed(8)
            .into(),
        PImageLora::new("A tram stop in the rain, in our house style")
            .lora_weights("huggingface.co/owner/house-style/weights.safetensors")
            .lora_scale(0.5)
            .aspect_ratio(AspectRatio::R1_1)
            .into(),
        PImageEditLora::new("Turn image 1 into a pencil sketch")
            .images([uploaded()])
            .lora_weights("huggingface.co/owner/pencil-sketch/weights.safetensors")
            .lora_scale(1)
            .into(),
        ZImageTurbo::new("A stack of old atlases beside a brass compass")
            .width(1280)
            .height(720)
            .num_inference_steps(8)
            .output_format(OutputFormat::PNG)
            .seed(17)
            .into(),
        ZImageTurboLora::new("A market square drawn in ink and gouache")
            .lora_weights(["https://example.com/ink.safetensors", "https://example.com/gouache.safetensors"])
            .lora_scales([0.8, 0.6])
            .width(1024)
            .height(1024)
            .into(),
        PImageTrainer::new(Media::url("https://example.com/house-style.zip"))
            .steps(1500)
            .training_type(PImageTrainerTrainingType::STYLE)
            .default_caption("a drawing in our house style")
            .into(),
        PImageEditTrainer::new(Media::url("https://example.com/pencil-pairs.zip"))
            .steps(1000)
            .learning_rate(0.0001)
            .default_caption("turn the picture into a pencil sketch")
            .into(),
    ]
}

/// Reads JSON as the typed input of a model, and writes it again.
fn through_the_type(model: &Model, input: &Value) -> Result<(Value, Vec<Warning>), serde_json::Error> {
    macro_rules! for_types {
        ($($type:ident)*) => {
            match model.info().input_type {
                $(Some(stringify!($type)) => {
                    let typed: $type = serde_json::from_value(input.clone())?;
                    Ok((serde_json::to_value(&typed)?, typed.warnings()))
                })*
                other => panic!("{model} has the type {other:?}, which is not generated"),
            }
        };
    }
    include!("../src/generated/types.snap.rs")
}

#[tokio::test]
async fn the_typed_api_builds_the_documented_example_of_every_model_and_it_is_accepted() {
    let emulator = emulator().await;
    let client = client(&emulator);
    let first = first_document();
    let built = examples();
    assert_eq!(built.len(), 18, "one for each model of the first document");
    for request in &built {
        assert_eq!(*request.input(), first[request.model().as_str()]["value"]["input"], "{}", request.model());
    }
    // Those of the current document, which may differ.
    let documented = Model::all().map(|model| {
        let example = &model.schema().unwrap()["examples"][0];
        let (written, _) = through_the_type(&model, example).unwrap();
        assert_eq!(written, *example, "{model}");
        Request::new(model, written)
    });
    for request in built.into_iter().chain(documented) {
        let model = request.model().clone();
        assert_eq!(request.warnings(), [], "{model}");
        client.submit(request).await.unwrap_or_else(|error| panic!("{model}: {error}"));
    }
}

#[test]
fn every_value_of_every_enum_is_kept_and_so_is_an_unknown_one() {
    for model in Model::all() {
        let schema = model.schema().unwrap();
        for (name, property) in schema["properties"].as_object().unwrap() {
            let Some(values) = property["enum"].as_array() else { continue };
            let unknown = if values[0].is_string() { json!("something new 🆕") } else { json!(987_654) };
            for value in values.iter().chain([&unknown]) {
                let mut input = schema["examples"][0].clone();
                input[name] = value.clone();
                let (written, warnings) = through_the_type(&model, &input).unwrap();
                assert_eq!(written, input, "{model}");
                assert_eq!(warnings.is_empty(), values.contains(value), "{model} {name} {value}: {warnings:?}");
            }
        }
    }
}

#[test]
fn only_what_is_set_is_written() {
    assert_eq!(serde_json::to_value(PImage::new("a lion")).unwrap(), json!({"prompt": "a lion"}));
    let mut input = PImage::new("a lion").extra("style", "oil");
    input.seed = Some(7);
    assert_eq!(serde_json::to_value(input).unwrap(), json!({"prompt": "a lion", "seed": 7, "style": "oil"}));
}

#[test]
fn a_secret_is_written_but_never_shown() {
    let input = PImageLora::new("x").hf_api_token("hf_canary");
    assert_eq!(serde_json::to_value(&input).unwrap()["hf_api_token"], "hf_canary");
    assert!(!format!("{input:?} {:?}", Request::from(input.clone())).contains("hf_canary"));
}

#[test]
fn every_problem_of_an_input_is_a_warning() {
    let image = || Media::url(UPLOADED);
    for (request, field, expected) in [
        (Request::from(PImage::new("x").width(1000)), "width", "multiple of 16"),
        (PImage::new("x").height(32).into(), "height", "below"),
        (PImage::new("x").lora_scale(9).into(), "lora_scale", "above"),
        (PImage::new("x").aspect_ratio("7:1").into(), "aspect_ratio", "documented values"),
        (PImage::new("x").extra("colour", "red").into(), "colour", "does not document"),
        (PImageEdit::new("x").into(), "images", "requires it"),
        (PImageEditLora::new("x").images([] as [Media; 0]).into(), "images", "requires it"),
        (PImageEdit::new("x").images([Media::url("me.jpg")]).into(), "images[0]", "not a URL"),
        (QwenImageEditPlus::new("x", [image(), image(), image()]).into(), "image", "at most 2"),
        (PImageTrainer::new(image()).steps(150).into(), "steps", "multiple of 100"),
        (Request::new("p-image", json!({"seed": "seven", "prompt": "x"})), "seed", "must be of type integer"),
        (Request::new("p-image", json!({})), "prompt", "required"),
    ] {
        let warnings = request.warnings();
        let found = warnings.iter().find(|w| w.field == field).unwrap_or_else(|| panic!("{field}: {warnings:?}"));
        assert!(found.message.contains(expected), "{found}");
    }
    assert_eq!(Request::new("p-new", json!({"anything": 1})).warnings(), []);
}

#[tokio::test]
async fn warnings_are_errors_only_for_a_strict_client() {
    let emulator = emulator().await;
    let undocumented = || PImage::new("x").extra("colour", "red");
    let strict = builder(&emulator).strict_inputs(true).build().unwrap();
    let error = strict.generate(undocumented()).await.unwrap_err();
    assert!(error.is_invalid_input() && error.field() == Some("colour"), "{error}");
    assert_eq!(emulator.requests().len(), 0);
    assert_eq!(client(&emulator).generate(undocumented()).await.unwrap_err().status(), Some(400));
}

#[test]
fn the_catalog_describes_every_model() {
    for model in Model::all() {
        let info = model.info();
        assert!(info.input_type.is_some() && !info.description.is_empty() && !info.outputs.is_empty(), "{model}");
        assert!(info.requests_per_minute.is_some_and(|limit| limit >= 5) && info.typical_seconds > 0.0, "{model}");
        assert_ne!(info.category, Category::UNKNOWN, "{model}");
    }
    let unknown = Model::from("p-future");
    assert_eq!((unknown.info().price.as_ref(), unknown.info().try_sync, unknown.schema()), (None, false, None));
}

#[test]
fn the_list_price_of_a_request_is_estimated_where_it_is_known() {
    let image = || Media::url(UPLOADED);
    let priced: [(Request, Option<u64>); 9] = [
        (PImage::new("x").into(), Some(5_000)),
        (WanImageSmall::new("x").num_outputs(4).into(), Some(20_000)),
        (WanT2v::new("x").into(), Some(50_000)),
        (WanI2v::new("x", image()).resolution(Resolution::R720P).into(), Some(110_000)),
        (PImageTrainer::new(image()).steps(2000).into(), Some(3_600_000)),
        (PImageTrainer::new(image()).steps(101).into(), Some(181_800)),
        (WanI2v::new("x", image()).resolution("8k").into(), None),
        (Vace::new("x").into(), None),
        (Request::new("p-new", json!({})), None),
    ];
    for (request, price) in priced {
        assert_eq!(request.model().info().estimate_usd(request.input()).map(Usd::micros), price, "{}", request.model());
    }
}

/// Derives the type of a parameter from its schema, independently of the generator.
fn expected_type(schema: &Value) -> ParameterType {
    match (schema["type"].as_str().unwrap_or_default(), schema["format"].as_str(), schema["enum"].as_array()) {
        ("string", Some("uri"), _) => ParameterType::Media,
        ("string", Some("password"), _) => ParameterType::Secret,
        ("string", _, Some(_)) => ParameterType::Choice,
        ("string", _, None) => ParameterType::Text,
        ("integer", ..) => ParameterType::Integer,
        ("number", ..) => ParameterType::Number,
        ("boolean", ..) => ParameterType::Boolean,
        ("array", ..) => ParameterType::List(Box::leak(Box::new(expected_type(&schema["items"])))),
        _ => ParameterType::Json,
    }
}

#[test]
fn the_parameters_of_every_model_are_those_of_its_schema() {
    for model in Model::all() {
        let schema = model.schema().unwrap();
        let parameters = model.parameters();
        assert_eq!(parameters.len(), schema["properties"].as_object().unwrap().len(), "{model}");
        for parameter in parameters {
            let (name, property) = (parameter.name, &schema["properties"][parameter.name]);
            let place = format!("{model} {name}");
            assert_eq!(parameter.docs, property["description"].as_str().unwrap_or_default().trim(), "{place}");
            assert_eq!(parameter.parameter_type, expected_type(property), "{place}");
            assert_eq!(parameter.default.map(|value| value.to_json()), property.get("default").cloned(), "{place}");
            let bounds = (property["minimum"].as_f64(), property["maximum"].as_f64());
            assert_eq!((parameter.minimum, parameter.maximum), bounds, "{place}");
            let choices = property["enum"].as_array().or(property["items"]["enum"].as_array());
            let found: Vec<Value> = parameter.choices.iter().map(|choice| choice.to_json()).collect();
            assert_eq!(found, choices.cloned().unwrap_or_default(), "{place}");
            let required = schema["required"].as_array().is_some_and(|names| names.contains(&name.into()));
            assert_eq!(parameter.is_required, required, "{place}");
            // models.toml adds what the schema does not say.
            assert!(property["multipleOf"].is_null() || parameter.step == property["multipleOf"].as_f64(), "{place}");
            let counts = (property["minItems"].as_u64(), property["maxItems"].as_u64());
            assert_eq!(parameter.min_items.map(u64::from), counts.0, "{place}");
            assert!(counts.1.is_none() || parameter.max_items.map(u64::from) == counts.1, "{place}");
        }
    }
    let parameter = |model: Model, name: &str| *model.parameters().iter().find(|p| p.name == name).unwrap();
    assert_eq!(parameter(Model::P_IMAGE, "width").step, Some(16.0), "from models.toml");
    assert_eq!(parameter(Model::FLUX_2_KLEIN_4B, "images").max_items, Some(5), "from models.toml");
    assert!(
        parameter(Model::P_IMAGE_EDIT, "images").is_media() && parameter(Model::P_IMAGE, "hf_api_token").is_secret()
    );
    assert!(Model::from("p-future").parameters().is_empty());
}

#[test]
fn every_parameter_has_a_setter_including_the_required_ones() {
    let input = WanI2v::new("x", Media::url(SECOND)).prompt("waves").image(Media::url(UPLOADED)).num_frames(81_u8);
    assert_eq!(serde_json::to_value(input).unwrap(), json!({"prompt": "waves", "image": UPLOADED, "num_frames": 81}));
}

#[test]
fn the_types_and_the_catalog_give_the_same_schema() {
    fn of<T: schemars::JsonSchema>() -> Value {
        schemars::SchemaGenerator::default().into_root_schema_for::<T>().to_value()
    }
    for (model, schema) in [
        (Model::P_IMAGE, of::<PImage>()),
        (Model::WAN_I2V, of::<WanI2v>()),
        (Model::QWEN_IMAGE_EDIT_PLUS, of::<QwenImageEditPlus>()),
        (Model::P_IMAGE_TRAINER, of::<PImageTrainer>()),
    ] {
        let mut schema = schema;
        schema.as_object_mut().unwrap().remove("$schema");
        assert_eq!(schema, *model.schema().unwrap(), "{model}");
    }
    // A third-party validator accepts what the types write.
    for request in examples() {
        let validator = jsonschema::validator_for(request.model().schema().unwrap()).unwrap();
        assert!(validator.is_valid(request.input()), "{}", request.model());
    }
}

mod any_input {
    //! Any input that the setters can build is accepted by the emulator, or has a warning.

    use proptest::{prelude::*, sample::select};

    use super::*;

    /// Values that the Rust type of a field can hold, within and outside of the documented range.
    fn value(schema: &Value) -> BoxedStrategy<Value> {
        let integers = [0, 1, 2, 16, 81, 100, 256, 512, 1000, 1024, 1440, 1500, 5000, -1, i64::MAX].map(Value::from);
        let numbers = [0.0, 0.5, 1.0, 3.0, 0.0001, 12.0, 21.5, -1.0, -2.0].map(Value::from);
        match schema["type"].as_str().unwrap_or_default() {
            "integer" => select(integers.to_vec()).boxed(),
            "number" => select(numbers.to_vec()).boxed(),
            "boolean" => any::<bool>().prop_map(Value::from).boxed(),
            "array" => prop::collection::vec(value(&schema["items"]), 0..7).prop_map(Value::from).boxed(),
            "string" if schema["format"] == "uri" => {
                select(vec![json!("https://example.com/a.jpg"), json!("a.jpg")]).boxed()
            }
            "string" => match schema["enum"].as_array() {
                Some(values) => select([values.as_slice(), &[json!("other")]].concat()).boxed(),
                None => "[a-z ]{0,12}".prop_map(Value::from).boxed(),
            },
            other => panic!("a parameter of type {other:?}"),
        }
    }

    /// Any input of any model, with the required parameters.
    fn input() -> impl Strategy<Value = (Model, Value)> {
        select(Model::all().collect::<Vec<_>>()).prop_flat_map(|model| {
            let schema = model.schema().unwrap();
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let fields = schema["properties"].as_object().unwrap().iter().map(|(name, property)| {
                let field = match required.contains(&json!(name)) {
                    true => value(property).prop_map(Some).boxed(),
                    false => prop::option::weighted(0.3, value(property)).boxed(),
                };
                (Just(name.clone()), field)
            });
            let fields: Vec<_> = fields.collect();
            let set = |fields: Vec<(String, Option<Value>)>| {
                fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect::<Value>()
            };
            fields.prop_map(move |fields| (model.clone(), set(fields)))
        })
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn is_accepted_or_has_a_warning() {
        let emulator = emulator().await;
        // Some models allow five submissions a minute, for which this test would wait.
        let client = builder(&emulator).limits(pruna::limits::Limits::none()).build().unwrap();
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(400)
        });
        let handle = tokio::runtime::Handle::current();
        let outcome = tokio::task::block_in_place(|| {
            runner.run(&input(), |(model, input)| {
                let (written, warnings) = through_the_type(&model, &input).unwrap();
                let request = Request::new(model.clone(), written).try_sync(false);
                if let Err(error) = handle.block_on(client.submit(request)) {
                    prop_assert!(error.is_invalid_input(), "{model} {input}: {error}");
                    prop_assert!(!warnings.is_empty(), "{model} {input} is rejected without a warning: {error}");
                }
                Ok(())
            })
        });
        outcome.unwrap();
    }
}

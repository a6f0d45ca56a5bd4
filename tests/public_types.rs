//! Every public type is `Send`, `Sync` and `Unpin`; checked when this file is compiled.

use std::path::{Path, PathBuf};

const fn assert_auto_traits<T: Send + Sync + Unpin>() {}

macro_rules! assert_auto_traits {
    ($($type:ty),* $(,)?) => {
        const _: () = { $(assert_auto_traits::<$type>();)* };
    };
}

/// The typed inputs, of which there is a generated list.
macro_rules! for_types {
    ($($type:ident)*) => {
        assert_auto_traits!($(pruna::inputs::$type),*);
    };
}

include!("../src/generated/types.snap.rs");

assert_auto_traits!(
    pruna::batch::Fleet,
    pruna::batch::GoneItem,
    pruna::batch::Output,
    pruna::batch::PlannedItem,
    pruna::batch::Stage,
    pruna::batch::StopHandle,
    pruna::batch::Summary,
    pruna::error::ErrorKind,
    pruna::inputs::AspectRatio,
    pruna::inputs::Warning,
    pruna::limits::Limits,
    pruna::poll::Budgeted,
    pruna::poll::FixedInterval,
    pruna::poll::PollContext<'static>,
    pruna::raw::Auth,
    pruna::raw::Client,
    pruna::raw::PredictionResponse,
    pruna::raw::UploadResponse,
    pruna::raw::types::PredictionRequest,
    pruna::raw::types::error::ConversionError,
    pruna::test_util::QueuedResponses,
    pruna::test_util::RecordedRequest,
    pruna::Amounts,
    pruna::Budget,
    pruna::Cache,
    pruna::Category,
    pruna::Client,
    pruna::ClientBuilder,
    pruna::Download,
    pruna::Error,
    pruna::Event,
    pruna::Generation,
    pruna::JobRef,
    pruna::Lora,
    pruna::Media,
    pruna::Model,
    pruna::ModelHandle,
    pruna::ModelInfo,
    pruna::ModelRequest,
    pruna::Parameter,
    pruna::ParameterType,
    pruna::ParameterValue,
    pruna::ParseUsdError,
    pruna::Prediction,
    pruna::Price,
    pruna::PriceRate,
    pruna::PriceUnit,
    pruna::Progress,
    pruna::Request,
    pruna::SavedFile,
    pruna::Secret,
    pruna::Status,
    pruna::TrainingSet,
    pruna::Upload,
    pruna::UploadedFile,
    pruna::Usd,
    pruna::batch::Batch,
    pruna::batch::Plan,
    pruna::batch::Results,
    pruna::Content,
    pruna::Estimate,
    pruna::Ledger,
    pruna::Lookup,
    pruna::Slot,
    pruna::LedgerEntry,
    pruna::LedgerState,
    pruna::Spending,
    pruna::Watch,
);

/// Finds the Rust sources below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

#[test]
fn no_public_type_is_missing_from_this_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = include_str!("public_types.rs");
    let mut missing = Vec::new();
    for path in sources(&root.join("src")).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs")) {
        let text = std::fs::read_to_string(&path).unwrap();
        for line in text.lines().map(str::trim) {
            let declared = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "));
            let Some(name) = declared.and_then(|rest| rest.split(|c: char| !c.is_alphanumeric()).next()) else {
                continue;
            };
            // The names that macros insert are those of the generated list.
            let is_listed = listed.contains(&format!("::{name},")) || listed.contains(&format!("::{name}<"));
            if !name.is_empty() && !is_listed {
                missing.push(format!("{name} in {}", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

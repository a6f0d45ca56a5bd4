//! The macro that defines every typed input; the generated sources invoke it.

/// Defines the input of a model: a struct with public fields, `new` with what is required, and a setter for each field.
///
/// Types are written as one token tree: `String`, or `[String]` for a list. The first line of a field's documentation is
/// its first sentence, and documents the setter.
macro_rules! input {
    (
        $(#[$about:meta])*
        $input:ident for $model:ident;
        required {
            $(#[doc = $required_summary:literal] $(#[$required_meta:meta])* $required:ident: $required_type:tt,)*
        }
        optional {
            $(#[doc = $optional_summary:literal] $(#[$optional_meta:meta])* $optional:ident: $optional_type:tt,)*
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[non_exhaustive]
        #[must_use]
        pub struct $input {
            $(
                #[doc = $required_summary]
                $(#[$required_meta])*
                pub $required: field_type!($required_type),
            )*
            $(
                #[doc = $optional_summary]
                $(#[$optional_meta])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $optional: Option<field_type!($optional_type)>,
            )*
            /// Additional parameters that this type does not have, sent as they are.
            #[serde(flatten)]
            pub extra: Extra,
        }

        #[allow(clippy::new_without_default, clippy::too_many_arguments, reason = "as many as the model requires")]
        impl $input {
            /// Creates an input with the required parameters.
            pub fn new($($required: argument!($required_type)),*) -> Self {
                Self {
                    $($required: converted!($required_type, $required),)*
                    $($optional: None,)*
                    extra: Extra::new(),
                }
            }

            $(
                #[doc = $required_summary]
                pub fn $required(mut self, $required: argument!($required_type)) -> Self {
                    self.$required = converted!($required_type, $required);
                    self
                }
            )*

            $(
                #[doc = $optional_summary]
                pub fn $optional(mut self, $optional: argument!($optional_type)) -> Self {
                    self.$optional = Some(converted!($optional_type, $optional));
                    self
                }
            )*

            /// Sets an additional parameter that this type does not have.
            pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
                self.extra.insert(name.into(), value.into());
                self
            }

            /// Checks the input against the documented schema; see [`Input::warnings`].
            #[must_use]
            pub fn warnings(&self) -> Vec<Warning> {
                Input::warnings(self)
            }
        }

        impl Input for $input {
            fn model(&self) -> Model {
                Model::$model
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $input {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($input).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                crate::schema::of_model(&Model::$model)
            }
        }
    };
}

/// The type of a field.
macro_rules! field_type {
    ([$item:tt]) => { Vec<field_type!($item)> };
    ($type:tt) => { $type };
}

/// The type of an argument: whatever converts into the field, so that a literal does.
macro_rules! argument {
    ([Media]) => { impl IntoIterator<Item = impl IntoMedia> };
    (Media) => { impl IntoMedia };
    ([$item:tt]) => { impl IntoIterator<Item = impl Into<field_type!($item)>> };
    (bool) => { bool };
    ($type:tt) => { impl Into<$type> };
}

/// An argument, converted into the type of the field.
macro_rules! converted {
    ([Media], $argument:ident) => {
        $argument.into_iter().map(IntoMedia::into_media).collect()
    };
    (Media, $argument:ident) => {
        $argument.into_media()
    };
    ([$item:tt], $argument:ident) => {
        $argument.into_iter().map(Into::into).collect()
    };
    (bool, $argument:ident) => {
        $argument
    };
    ($type:tt, $argument:ident) => {
        $argument.into()
    };
}

pub(super) use {argument, converted, field_type, input};

/// A missing required parameter does not compile:
///
/// ```compile_fail,E0061
/// let input = pruna::inputs::PImage::new().seed(42);
/// ```
///
/// With the parameter, it compiles:
///
/// ```
/// let input = pruna::inputs::PImage::new("a lion").seed(42);
/// ```
#[cfg(doctest)]
struct MissingParameter;

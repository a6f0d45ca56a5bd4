//! Open enums: constants for the documented values, any other value as text.

/// Makes a struct with the field `text`, a `Cow<'static, str>`, an open enum: conversions, `Display`, serde.
///
/// With a list of values it defines the struct as well, with a constant for each.
macro_rules! open_enum {
    ($(#[$about:meta])* $name:ident { $($constant:ident = $value:literal,)* }) => {
        $(#[$about])*
        ///
        /// Open: any other text is kept, printed and sent as it is.
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name {
            text: std::borrow::Cow<'static, str>,
        }

        impl $name {
            $(
                #[doc = concat!("`", $value, "`")]
                pub const $constant: Self = Self::from_static($value);
            )*

            /// Every documented value, in the order of the OpenAPI document.
            pub const KNOWN: &'static [Self] = &[$(Self::$constant),*];
        }

        crate::vocabulary::open_enum!($name);
    };
    ($name:ident) => {
        impl $name {
            /// Creates a value from a constant text.
            #[must_use]
            pub const fn from_static(text: &'static str) -> Self {
                Self { text: std::borrow::Cow::Borrowed(text) }
            }

            /// Returns the value as the service writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.text
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self { text: std::borrow::Cow::Owned(text) }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self { text: std::borrow::Cow::Owned(text.to_owned()) }
            }
        }

        impl From<&$name> for $name {
            fn from(value: &$name) -> Self {
                value.clone()
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(text.into())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.text
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.text == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.text == *other
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.text)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&self.text, f)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.text)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }
    };
}

pub(crate) use open_enum;

//! Which parameters hold secrets.

use crate::model::Model;

/// Parts of a name that suggest a secret.
const SUSPICIOUS: [&str; 4] = ["token", "secret", "password", "api_key"];

/// Whether a parameter of a model holds a secret: as documented, or by its name when it is not documented.
pub(crate) fn is_secret(model: &Model, name: &str) -> bool {
    match model.parameters().iter().find(|parameter| parameter.name == name) {
        Some(parameter) => parameter.is_secret(),
        // Better hidden than shown.
        None => SUSPICIOUS.iter().any(|part| name.to_lowercase().contains(part)),
    }
}

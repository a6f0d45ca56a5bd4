//! Warnings about an input, from checking it against the documented schema.

use pruna::Request;

use crate::{suggest, terminal::Terminal};

/// Returns the warnings about a request, with suggestions for mistyped parameters.
pub(crate) fn of(request: &Request) -> Vec<String> {
    let model = request.model();
    let with_suggestion = |warning: &pruna::inputs::Warning| match suggest::parameter(model, &warning.field) {
        Some(name) => format!("{warning}; did you mean `{name}`?"),
        None => warning.to_string(),
    };
    request.warnings().iter().map(with_suggestion).collect()
}

/// Prints the warnings about a request and returns them.
pub(crate) fn show(terminal: &Terminal, request: &Request) -> Vec<String> {
    let warnings = of(request);
    for warning in &warnings {
        terminal.warn(warning);
    }
    warnings
}

//! `getPredictionStatus`: polls a prediction.

use hyper::StatusCode;

use super::prediction_body;
use crate::context::RequestContext;
use crate::error_response::ErrorResponse;
use crate::response::Response;

pub(super) fn handle(context: &RequestContext) -> Result<Response, ErrorResponse> {
    let state = &context.state;
    let now = state.clock.now();
    let prediction = state.predictions.find(&context.parameter, now).ok_or_else(ErrorResponse::prediction_not_found)?;
    let body = prediction_body::status(&prediction, now, &context.origin);
    Ok(prediction_body::respond(state, &prediction, StatusCode::OK, &body))
}

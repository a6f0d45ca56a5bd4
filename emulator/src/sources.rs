//! The media files that an input refers to. Nothing is downloaded: uploads and earlier results are in the stores, a URL
//! that the service could not reach fails the prediction as it does there, and other URLs are assumed to be readable.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::Uri;
use serde_json::Value;

use crate::media::{Origin, Source};
use crate::models::Model;
use crate::state::State;
use crate::store::RETENTION;

/// Finds the media files of `input`. Errors are worded like those of the service's Python code.
pub(crate) fn resolve(state: &State, model: &Model, input: &Value, origin: &str) -> Result<Vec<Source>, String> {
    let mut sources = Vec::new();
    for (field, value) in input.as_object().into_iter().flatten() {
        let Some(schema) = model.field(field) else { continue };
        if schema["format"] != "uri" && schema["items"]["format"] != "uri" {
            continue;
        }
        let urls = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for url in urls.iter().filter_map(Value::as_str) {
            let origin = locate(state, url, origin)?;
            sources.push(Source { field: field.clone(), url: url.to_owned(), origin });
        }
    }
    Ok(sources)
}

fn locate(state: &State, url: &str, origin: &str) -> Result<Origin, String> {
    let own = [origin, &state.url()].into_iter().find_map(|own| url.strip_prefix(own));
    if let Some(path) = own {
        return own_medium(state, path).ok_or_else(|| format!("404 Client Error: Not Found for url: {url}"));
    }
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    let usual_port = match scheme.as_deref() {
        Some("https") => 443,
        Some("http") => 80,
        Some(_) => return Err(format!("No connection adapters were found for '{url}'")),
        None => return Err(format!("Invalid URL '{url}': No scheme supplied. Perhaps you meant https://{url}?")),
    };
    let uri: Uri = url.parse().map_err(|_| format!("Failed to parse: {url}"))?;
    let host = uri.host().ok_or_else(|| format!("Invalid URL '{url}': No host supplied"))?;
    let port = uri.port_u16().unwrap_or(usual_port);
    if is_private(host) {
        let pool = if usual_port == 443 { "HTTPSConnectionPool" } else { "HTTPConnectionPool" };
        let path = uri.path();
        return Err(format!(
            "{pool}(host='{host}', port={port}): Max retries exceeded with url: {path} \
             (Caused by NewConnectionError(': Failed to establish a new connection'))"
        ));
    }
    Ok(Origin::External)
}

fn own_medium(state: &State, path: &str) -> Option<Origin> {
    let now = state.clock.now();
    if let Some(id) = path.strip_prefix("/v1/files/") {
        return state.uploads.content(id, now).map(|content| Origin::Upload(Arc::downgrade(&content)));
    }
    let (ready, output) = state.predictions.output(path.strip_prefix("/v1/predictions/delivery/")?)?;
    (now < ready + RETENTION).then_some(Origin::Output(output))
}

/// Whether `host` can be reached only from the client's network, or not at all.
fn is_private(host: &str) -> bool {
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unspecified(),
        Err(_) => {
            let host = host.trim_end_matches('.').to_ascii_lowercase();
            host == "localhost"
                || [".localhost", ".local", ".invalid", ".internal"].iter().any(|end| host.ends_with(end))
        }
    }
}

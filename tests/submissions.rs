//! Which responses prove that a submission was not accepted, and what is known of one that was.

use std::time::Duration;

use pruna::{
    Client, Model, Request,
    limits::Limits,
    test_util::{QueuedResponses, client, client_with},
};
use serde_json::json;

fn request() -> Request {
    Request::new(Model::P_IMAGE, json!({"prompt": "a lion"}))
}

fn response(status: u16, headers: &[(&'static str, &str)], body: &str) -> http::Response<bytes::Bytes> {
    let mut response = http::Response::new(bytes::Bytes::copy_from_slice(body.as_bytes()));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        response.headers_mut().insert(*name, value.parse().unwrap());
    }
    response
}

#[tokio::test(start_paused = true)]
async fn only_a_definite_status_proves_that_a_submission_was_rejected() {
    let rejections = [400, 401, 402, 403, 404, 405, 406, 410, 411, 413, 414, 415, 421, 422, 431, 451];
    for status in (300..=599).chain([600, 666, 999]).filter(|status| *status != 429) {
        let responses = QueuedResponses::new().json(status, json!({"message": "no"}));
        let error = client(&responses).submit(request()).await.unwrap_err();
        assert_eq!(error.is_submission_unknown(), !rejections.contains(&status), "{status}: {error}");
        assert_eq!((responses.requests().len(), error.status()), (1, Some(status)), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_redirect_to_the_status_of_a_job_is_a_job() {
    for location in ["/v1/predictions/status/j1", "https://api.pruna.ai/v1/predictions/status/j1"] {
        let responses = QueuedResponses::new()
            .response(response(303, &[("location", location)], ""))
            .json(200, json!({"status": "succeeded", "generation_url": "/a.jpg"}));
        let job = client(&responses).submit(request()).await.unwrap();
        assert_eq!(job.id(), Some("j1"));
        job.wait().await.unwrap();
        assert_eq!(responses.requests()[1].url.path(), "/v1/predictions/status/j1");
    }
    for elsewhere in ["https://evil.example/v1/predictions/status/j1", "/v1/predictions/status/", "/login"] {
        let responses = QueuedResponses::new().response(response(303, &[("location", elsewhere)], ""));
        let error = client(&responses).submit(request()).await.unwrap_err();
        assert!(error.is_submission_unknown() && responses.requests().len() == 1, "{elsewhere}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_beside_an_error_object_is_a_job() {
    let responses = QueuedResponses::new()
        .json(201, json!({"id": "j1", "error": {"code": "LATE", "message": "try later"}}))
        .json(200, json!({"status": "succeeded", "generation_url": "/a.jpg"}));
    let image = client(&responses).generate(request()).await.unwrap();
    assert_eq!(image.id(), Some("j1"));
}

#[tokio::test(start_paused = true)]
async fn a_readable_id_in_a_damaged_response_is_kept() {
    for (body, id) in [
        (r#"{"id": "j1", "seed": 1e, "x"#, Some("j1")),
        (r#"{"seed": 01, "id" : "j-2_b"}"#, Some("j-2_b")),
        (r#"{"id": "\ud800"}"#, None),
        (r#"{"id": "../../x", "seed": 1e"#, None),
        ("<html>", None),
    ] {
        let responses = QueuedResponses::new().response(response(201, &[], body));
        let error = client(&responses).submit(request()).await.unwrap_err();
        assert!(error.is_submission_unknown(), "{body}: {error}");
        assert_eq!(error.job().map(|job| job.id()), id, "{body}");
        assert!(id.is_none_or(|id| error.to_string().contains(id)), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_not_known_everywhere_yet_is_polled_again() {
    let created = QueuedResponses::new().json(201, json!({"id": "j1"}));
    let missing = |responses: QueuedResponses, times| {
        (0..times).fold(responses, |responses: QueuedResponses, _| responses.json(404, json!({"message": "not found"})))
    };
    let responses = missing(created, 4).json(200, json!({"status": "succeeded", "generation_url": "/a.jpg"}));
    client(&responses).submit(request()).await.unwrap().wait().await.unwrap();

    let responses = missing(QueuedResponses::new().json(201, json!({"id": "j2"})), 5);
    let error = client(&responses).submit(request()).await.unwrap().wait().await.unwrap_err();
    assert!(error.is_not_found() && error.job().is_some_and(|job| job.id() == "j2"), "{error}");

    let responses = missing(QueuedResponses::new(), 1);
    let attached = client(&responses).attach(pruna::JobRef::new("old", Model::P_IMAGE));
    assert!(attached.wait().await.unwrap_err().is_not_found(), "another job is not repeated");
    assert_eq!(responses.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_the_rate_limit_cannot_meet_fails_at_once_with_the_true_wait() {
    let limits = Limits::documented().submissions(Model::P_IMAGE, 1);
    let accepted = |responses: QueuedResponses| responses.json(201, json!({"id": "j"}));
    let responses = accepted(accepted(QueuedResponses::new()));
    let client = client_with(Client::builder().limits(limits), &responses).unwrap();
    client.submit(request()).await.unwrap();
    let start = tokio::time::Instant::now();
    let error = client.submit(request().deadline(Duration::from_secs(3))).await.unwrap_err();
    assert!(
        error.is_rate_limited() && start.elapsed() < Duration::from_millis(10),
        "{error} after {:?}",
        start.elapsed()
    );
    let wait = error.retry_after().unwrap();
    assert!(wait > Duration::from_secs(3), "{wait:?}");
    tokio::time::sleep(wait).await;
    client.submit(request().deadline(Duration::from_millis(1))).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_after_a_stop() {
    let limits = Limits::documented().submissions(Model::P_IMAGE, 1);
    for detach in [false, true] {
        let done = json!({"status": "succeeded", "generation_url": "/a.jpg"});
        let responses = (0..9).fold(QueuedResponses::new(), |responses, _| responses.json(201, done.clone()));
        let client = client_with(Client::builder().limits(limits.clone()), &responses).unwrap();
        let mut results = client.batch((0..9).map(|_| request())).run().await.unwrap();
        let stop = results.stop_handle();
        assert!(results.next().await.unwrap().1.is_ok());
        if detach {
            stop.detach()
        } else {
            stop.stop()
        }
        let sent = responses.requests().len();
        while let Some((_, result)) = results.next().await {
            let error = result.unwrap_err();
            assert!(error.is_timeout() && error.to_string().contains("stopped"), "{error}");
        }
        assert_eq!(responses.requests().len(), sent, "detach: {detach}");
    }
}

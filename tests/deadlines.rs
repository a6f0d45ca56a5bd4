//! Timeouts and deadlines, and futures that are dropped.

use std::{
    future::Future,
    path::Path,
    sync::LazyLock,
    time::{Duration, Instant},
};

use futures_util::StreamExt as _;
use pruna::{Client, ClientBuilder, Media, Model, Request, error::ErrorKind};
use pruna_emulator::{
    Emulator,
    faults::{Fault, Operation},
};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::support::{self, sends};

/// The runtime of the emulators. The clients have others, whose tasks are counted.
static SERVERS: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

const SOON: Duration = Duration::from_millis(300);

fn request() -> Request {
    Request::new("p-image", json!({"prompt": "x", "aspect_ratio": "custom", "width": 256, "height": 256}))
}

#[test]
fn contradictory_settings_are_rejected_by_name() {
    let second = Duration::from_secs(1);
    let none = Duration::ZERO;
    let builder = || Client::builder().api_key("pru_x");
    let cases: [(ClientBuilder, &str); 9] = [
        (builder().connect_timeout(none), "connect"),
        (builder().attempt_timeout(none), "attempt"),
        (builder().idle_timeout(none), "idle"),
        (builder().deadline(none), "deadline"),
        (builder().connect_timeout(2 * second).attempt_timeout(second), "connect timeout 2s"),
        (builder().max_attempts(0), "attempts"),
        (builder().max_download(0), "download"),
        (builder().base_url("http://api.pruna.ai"), "https"),
        (Client::builder().api_key(""), "key"),
    ];
    for (builder, named) in cases {
        let error = builder.build().unwrap_err();
        assert!(error.is_configuration() && error.to_string().contains(named), "{named}: {error}");
    }
    let sound = [
        builder().attempt_timeout(second),
        builder().connect_timeout(second).attempt_timeout(second),
        builder().deadline(second),
        builder().deadline(Duration::MAX).attempt_timeout(Duration::MAX).idle_timeout(Duration::MAX),
    ];
    for builder in sound {
        builder.build().unwrap();
    }
}

#[tokio::test]
async fn very_long_timeouts_do_not_overflow() {
    let emulator = support::emulator().await;
    let forever = Duration::MAX;
    let client = support::builder(&emulator).deadline(forever).attempt_timeout(forever).idle_timeout(forever);
    let client = client.connect_timeout(forever).build().unwrap();
    let image = client.generate(request().deadline(forever)).await.unwrap();
    image.bytes().await.unwrap();
    client.upload(Media::bytes(b"x".as_slice())).await.unwrap();
    let job = client.submit(request()).await.unwrap();
    job.wait_timeout(forever).await.unwrap();
}

#[tokio::test]
async fn a_wait_polls_once_more_before_its_deadline_and_returns_the_job_in_the_error() {
    // Jobs end only when the emulator's clock is advanced.
    let emulator = Emulator::builder().speed(1000.0).start().await.unwrap();
    let client = support::builder(&emulator)
        .poll_policy(pruna::poll::FixedInterval::new(Duration::from_secs(3600)))
        .build()
        .unwrap();
    let job = client.submit(request().try_sync(false)).await.unwrap();
    let start = Instant::now();
    let error = job.wait_timeout(SOON).await.unwrap_err();
    assert!(error.is_timeout() && start.elapsed() < 5 * SOON, "{error} after {:?}", start.elapsed());
    assert_eq!(error.job(), job.job_ref().as_ref());
    assert_eq!(sends(&emulator, "getPredictionStatus"), 1, "the poll shortly before the end");

    // The reference in the error can be attached. A result that is there at the deadline is not missed.
    let handle = error.job().unwrap().clone();
    emulator.advance(Duration::from_secs(20_000));
    let image = client.attach(handle).wait_timeout(Duration::ZERO).await.unwrap();
    assert_eq!(image.id(), job.id());
    assert_eq!((sends(&emulator, "createPrediction"), sends(&emulator, "getPredictionStatus")), (1, 2));
}

#[tokio::test]
async fn a_poll_without_a_response_does_not_extend_a_wait() {
    let emulator = support::emulator().await;
    let client = support::client(&emulator);
    let job = client.submit(request().try_sync(false)).await.unwrap();
    emulator.faults().add(Fault::StallBeforeHead.on(Operation::GetPredictionStatus));
    let start = Instant::now();
    let error = job.wait_timeout(SOON).await.unwrap_err();
    assert!(error.is_timeout() && start.elapsed() < 10 * SOON, "{error} after {:?}", start.elapsed());
    assert_eq!(error.job(), job.job_ref().as_ref());
}

#[tokio::test]
async fn the_deadline_of_a_request_includes_the_uploads_of_its_media() {
    let emulator = support::emulator().await;
    emulator.faults().add(Fault::StallBeforeHead.on(Operation::UploadFile));
    let input = json!({"prompt": "x", "images": [Media::bytes(b"\x89PNG\r\n\x1a\n".as_slice())]});
    let start = Instant::now();
    let request = Request::new(Model::P_IMAGE_EDIT, input).deadline(SOON);
    let error = support::client(&emulator).generate(request).await.unwrap_err();
    assert!(error.is_timeout() && start.elapsed() < 10 * SOON, "{error} after {:?}", start.elapsed());
    assert_eq!(error.job(), None);
    assert_eq!(sends(&emulator, "createPrediction"), 0);
}

#[tokio::test]
async fn a_missing_response_is_an_error_that_depends_on_the_operation() {
    let emulator = support::emulator().await;
    let client = support::builder(&emulator).deadline(SOON).build().unwrap();
    let job = client.submit(request().try_sync(false)).await.unwrap();
    for operation in [Operation::CreatePrediction, Operation::GetPredictionStatus] {
        emulator.faults().add(Fault::StallBeforeHead.on(operation));
    }
    let start = Instant::now();
    let unknown = client.submit(request()).await.unwrap_err();
    assert!(unknown.is_submission_unknown(), "{unknown}");
    let late = job.status().await.unwrap_err();
    assert!(late.is_timeout() && late.job().is_some(), "{late}");
    assert!(std::error::Error::source(&late).unwrap().to_string().contains("no response in time"), "{late}");
    assert!(start.elapsed() < 20 * SOON);
}

#[tokio::test]
async fn five_failed_polls_in_a_row_end_a_wait_and_four_do_not() {
    let emulator = support::emulator().await;
    let client = support::client(&emulator);
    let down = || Fault::Status { status: 503, headers: [("retry-after".into(), "0.01".into())].into(), body: None };
    for (failures, survives) in [(4, true), (5, false)] {
        let job = client.submit(request().try_sync(false)).await.unwrap();
        emulator.clear_requests();
        emulator.faults().clear();
        emulator.faults().add(down().on(Operation::GetPredictionStatus).first(failures));
        let ended = job.wait().await;
        assert_eq!(sends(&emulator, "getPredictionStatus"), 5);
        match ended {
            Ok(image) => assert!(survives && image.id() == job.id()),
            Err(error) => {
                assert!(!survives && error.is_service_unavailable(), "{error}");
                assert_eq!((error.attempts(), error.job()), (5, job.job_ref().as_ref()));
            }
        }
    }
    // A definite rejection ends it at once; a job that was just submitted may not be found at first.
    for (status, kind, polls) in [(401, ErrorKind::Unauthorized, 1), (404, ErrorKind::NotFound, 5)] {
        let job = client.submit(request().try_sync(false)).await.unwrap();
        emulator.clear_requests();
        emulator.faults().clear();
        emulator.faults().add(Fault::status(status).on(Operation::GetPredictionStatus));
        let error = job.wait().await.unwrap_err();
        assert_eq!((error.kind(), sends(&emulator, "getPredictionStatus")), (kind, polls));
        assert_eq!(error.job(), job.job_ref().as_ref());
    }
}

/// Starts an operation that cannot end, drops it, and checks that no task and no file is left.
fn leaves_nothing<F: Future>(what: &str, operation: Operation, begin: impl FnOnce(Client, std::path::PathBuf) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let emulator = SERVERS.block_on(support::emulator());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = support::client(&emulator);
        let stall = if operation == Operation::DownloadContent {
            Fault::StallInBody { after: 100 }
        } else {
            Fault::StallBeforeHead
        };
        emulator.faults().add(stall.on(operation));
        let operation_future = begin(client, folder.path().to_owned());
        let seen = async {
            while emulator.faults().injected(operation) == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            // A little later, when the client waits for the response.
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        tokio::select! {
            _ = operation_future => panic!("{what} ended"),
            () = seen => {}
        }
        let limit = Instant::now() + Duration::from_secs(5);
        let metrics = tokio::runtime::Handle::current().metrics();
        while metrics.num_alive_tasks() > 0 {
            assert!(Instant::now() < limit, "{what} left {} tasks", metrics.num_alive_tasks());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    assert_eq!(names(folder.path()), [] as [&str; 0], "{what} left files");
}

fn names(folder: &Path) -> Vec<String> {
    folder.read_dir().unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_dropped_future_leaves_no_task_and_no_file() {
    leaves_nothing("submit", Operation::CreatePrediction, |client, _| async move {
        client.submit(request()).await.map(drop)
    });
    leaves_nothing("generate", Operation::CreatePrediction, |client, _| async move {
        client.generate(request()).await.map(drop)
    });
    leaves_nothing("wait", Operation::GetPredictionStatus, |client, _| async move {
        client.submit(request().try_sync(false)).await.unwrap().wait().await.map(drop)
    });
    leaves_nothing("watch", Operation::GetPredictionStatus, |client, _| async move {
        let job = client.submit(request().try_sync(false)).await.unwrap();
        job.watch().collect::<Vec<_>>().await
    });
    leaves_nothing(
        "status",
        Operation::GetPredictionStatus,
        |client, _| async move { client.status("x").await.map(drop) },
    );
    leaves_nothing("upload", Operation::UploadFile, |client, _| async move {
        client.upload(Media::bytes(vec![7; 1_000_000])).await.map(drop)
    });
    leaves_nothing("bytes", Operation::DownloadContent, |client, _| async move {
        client.generate(request()).await.unwrap().bytes().await.map(drop)
    });
    leaves_nothing("stream", Operation::DownloadContent, |client, _| async move {
        client.generate(request()).await.unwrap().stream().await.unwrap().collect::<Vec<_>>().await
    });
    leaves_nothing("save", Operation::DownloadContent, |client, folder| async move {
        client.generate(request()).await.unwrap().save(folder.join("a.jpg")).await.map(drop)
    });
    leaves_nothing("save_all", Operation::DownloadContent, |client, folder| async move {
        client.generate(request()).await.unwrap().save_all(folder).await.map(drop)
    });
}

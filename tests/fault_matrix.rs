//! Every operation under every fault: how often it is sent, how it ends, and what must hold in each cell.
//!
//! Each cell is run once. The results are in `docs/fault-matrix.md`; the test fails if they differ from the file.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use pruna::{Client, Error, Media, Model, Prediction, Request, error::ErrorKind};
use pruna_emulator::{
    Emulator,
    faults::{Fault, Operation, UrlForm},
};
use tokio::runtime::Runtime;

use crate::support;

const DOCUMENT: &str = "docs/fault-matrix.md";
/// The first part of the document that the test does not write.
const BY_HAND: &str = "## Batches and the program";
const UPDATE: &str = "UPDATE_FAULT_MATRIX";
const PROMPT: &str = "a confidential prompt";
/// Maximum time of one request, and of a stalled body: long enough for any response on a busy machine, because cells are
/// not repeated. Only cells that stall take as long.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// Maximum time of an operation. Four attempts fit; the waits of the 429 rows that "do not fit" are longer.
const DEADLINE: Duration = Duration::from_secs(40);
/// Maximum time of a submission with `Try-Sync`, whose request may last a minute longer than others.
const SYNC_DEADLINE: Duration = Duration::from_secs(10);
/// Maximum size of a download.
const MAX_DOWNLOAD: u64 = 4 * 1024 * 1024;
/// Number of cells that run at once.
const CONCURRENCY: usize = 8;

/// The runtime of the emulators. The clients have others, so that the tasks they leave behind can be counted.
static SERVERS: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

#[derive(Clone, Copy, Debug, PartialEq)]
enum Action {
    Submit,
    SubmitSync,
    Poll,
    Upload,
    Download,
}

impl Action {
    const ALL: [Self; 5] = [Self::Submit, Self::SubmitSync, Self::Poll, Self::Upload, Self::Download];

    fn operation(self) -> Operation {
        match self {
            Self::Submit | Self::SubmitSync => Operation::CreatePrediction,
            Self::Poll => Operation::GetPredictionStatus,
            Self::Upload => Operation::UploadFile,
            Self::Download => Operation::DownloadContent,
        }
    }

    fn is_submission(self) -> bool {
        matches!(self, Self::Submit | Self::SubmitSync)
    }
}

/// The condition of a row. It applies to every request.
enum Condition {
    Fault(Fault),
    /// Connections are accepted and reset.
    Refused,
    /// No server listens on the port.
    Down,
}

/// The rows of the table.
fn rows(foreign: &str) -> Vec<(&'static str, Condition)> {
    let redirect = |status| Fault::Redirect { status, location: format!("{foreign}/v1/predictions") };
    let limited = |retry_after: Option<&str>, reset: Option<&str>| Fault::RateLimited {
        retry_after: retry_after.map(str::to_owned),
        reset: reset.map(str::to_owned),
    };
    let error =
        |status| Fault::Status { status, headers: [("retry-after".to_owned(), "0.01".to_owned())].into(), body: None };
    let fields = serde_json::json!({"queue": {"position": 7}}).as_object().cloned().unwrap();
    let faults = [
        ("request reset before it is read", Fault::Refuse),
        ("request reset in its body", Fault::ResetInRequest { after: 10 }),
        ("400", error(400)),
        ("401", error(401)),
        ("402", error(402)),
        ("403", error(403)),
        ("404", error(404)),
        ("408", error(408)),
        ("410", error(410)),
        ("413", error(413)),
        ("422", error(422)),
        ("500", error(500)),
        ("502", error(502)),
        ("503", error(503)),
        ("504", error(504)),
        ("429, a wait that fits", limited(Some("0.01"), None)),
        ("429, a wait that does not fit", limited(Some("3600"), None)),
        ("429, a date that does not fit", limited(Some("Fri, 31 Dec 2100 23:59:59 GMT"), None)),
        ("429, a reset that does not fit", limited(None, Some("42"))),
        ("429 without a hint", limited(None, None)),
        ("301 to another host", redirect(301)),
        ("302 to another host", redirect(302)),
        ("303 to another host", redirect(303)),
        ("307 to another host", redirect(307)),
        ("308 to another host", redirect(308)),
        ("expired", Fault::Expired),
        ("slow response", Fault::Delay { seconds: 0.05 }),
        ("connection closed after the response", Fault::HangUp),
        ("reset before the head", Fault::ResetBeforeHead),
        ("reset in the body", Fault::ResetInBody { after: 10 }),
        ("stall before the head", Fault::StallBeforeHead),
        ("stall in the body", Fault::StallInBody { after: 10 }),
        ("truncated body", Fault::Truncate { after: 10 }),
        ("length too large", Fault::WrongLength { difference: 100 }),
        ("length too small", Fault::WrongLength { difference: -5 }),
        ("body of 2 GB", Fault::Flood { length: Some(2_000_000_000) }),
        ("body without end", Fault::Flood { length: None }),
        ("head that is not HTTP", Fault::GarbageHead),
        ("body that means nothing", Fault::GarbageBody),
        ("unknown status", Fault::UnknownStatus { status: "dreaming".into() }),
        ("unknown fields", Fault::UnknownFields { fields }),
        ("error object under success", Fault::ErrorObject),
        ("addresses as an array", Fault::Url { form: UrlForm::Array }),
        ("address as a text", Fault::Url { form: UrlForm::Text }),
        ("relative address", Fault::Url { form: UrlForm::Relative }),
        ("address on another host", Fault::Url { form: UrlForm::Other(format!("{foreign}/x.jpg")) }),
        ("the job fails", Fault::Fail { error: "out of memory".into() }),
        ("the job is canceled", Fault::Cancel),
    ];
    let mut rows = vec![("nobody listens", Condition::Down), ("connection reset when accepted", Condition::Refused)];
    rows.extend(faults.map(|(name, fault)| (name, Condition::Fault(fault))));
    rows
}

/// The result of an operation.
struct Cell {
    sends: usize,
    outcome: Result<(), Error>,
}

#[test]
fn every_operation_under_every_fault_ends_as_documented() {
    let foreign = SERVERS.block_on(support::emulator());
    let rows = rows(foreign.url());
    let cells: Vec<(usize, Action)> =
        (0..rows.len()).flat_map(|row| Action::ALL.map(|operation| (row, operation))).collect();
    let results: Vec<Mutex<String>> = cells.iter().map(|_| Mutex::default()).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..CONCURRENCY {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some((row, action)) = cells.get(index).copied() else { break };
                    let (name, condition) = &rows[row];
                    *results[index].lock().unwrap() = text(&run(action, name, condition));
                }
            });
        }
    });
    assert_eq!(foreign.requests().len(), 0, "nothing may reach another host: {:?}", foreign.requests());
    let results: Vec<String> = results.into_iter().map(|text| text.into_inner().unwrap()).collect();
    compare(&document(&rows, &results));
}

/// Runs one cell in a runtime of its own, and checks what must hold under any fault.
fn run(action: Action, name: &str, condition: &Condition) -> Cell {
    let label = format!("{action:?}, {name}");
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let emulator = SERVERS.block_on(support::emulator());
    let (outcome, elapsed) = runtime.block_on(act(action, &emulator, condition, folder.path()));

    // The client has been dropped, and all its tasks must end.
    let metrics = runtime.metrics();
    runtime.block_on(async {
        let limit = Instant::now() + Duration::from_secs(5);
        while metrics.num_alive_tasks() > 0 {
            assert!(Instant::now() < limit, "{label}: {} tasks are left", metrics.num_alive_tasks());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });

    let requests = emulator.requests();
    let sent = || requests.iter().filter(|request| request.operation.as_deref() == Some(action.operation().id()));
    let sends = sent().count();
    let limited = matches!(condition, Condition::Fault(Fault::RateLimited { .. }));
    assert!(sends <= 4, "{label}: {sends} sends");
    assert!(sends <= 1 || !action.is_submission() || limited, "{label}: {sends} submissions");
    assert!(emulator.predictions().len() <= 1, "{label}: two jobs");
    assert!(sent().all(|request| request.has_key(emulator.api_key())), "{label}: the key is missing");
    assert!(elapsed < DEADLINE + ATTEMPT_TIMEOUT, "{label} took {elapsed:?}");

    let mut files: Vec<String> =
        folder.path().read_dir().unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    files.retain(|file| file != "input.png");
    let expected: &[&str] = if action == Action::Download && outcome.is_ok() { &["lion.jpg"] } else { &[] };
    assert_eq!(files, expected, "{label}: files");

    if let Err(error) = &outcome {
        check_error(&label, action, &emulator, error);
    }
    Cell { sends, outcome }
}

fn check_error(label: &str, action: Action, emulator: &Emulator, error: &Error) {
    let printed = format!("{error} {error:?}");
    assert!(!printed.contains(emulator.api_key()) && !printed.contains(PROMPT), "{label}: {printed}");
    assert!(!error.to_string().contains('\n'), "{label}: {error}");
    match action {
        // A job that was started is never lost.
        Action::Submit | Action::SubmitSync if !emulator.predictions().is_empty() => {
            let owned = [ErrorKind::SubmissionUnknown, ErrorKind::PredictionFailed, ErrorKind::Canceled];
            assert!(owned.contains(&error.kind()) || error.job().is_some(), "{label}: {error}");
        }
        Action::Poll => assert!(error.job().is_some(), "{label}: no job in {error}"),
        _ => {}
    }
}

/// Prepares an operation, adds the fault, runs the operation, and returns how long that took.
async fn act(
    action: Action,
    emulator: &Emulator,
    condition: &Condition,
    folder: &Path,
) -> (Result<(), Error>, Duration) {
    let client = support::builder(emulator)
        .attempt_timeout(ATTEMPT_TIMEOUT)
        .idle_timeout(ATTEMPT_TIMEOUT)
        .deadline(DEADLINE)
        .max_download(MAX_DOWNLOAD)
        .build()
        .unwrap();
    let prepared = prepare(action, &client, folder).await;
    emulator.clear_requests();
    match condition {
        Condition::Fault(fault) => {
            emulator.faults().add(fault.clone().on(action.operation()));
        }
        Condition::Refused => {
            emulator.faults().add(Fault::Refuse.on(Operation::Connection));
        }
        Condition::Down => emulator.shutdown().await,
    }
    let start = Instant::now();
    let outcome = match (action, prepared) {
        (Action::Submit, _) => client.submit(request()).await.map(drop),
        (Action::SubmitSync, _) => client.generate(request().deadline(SYNC_DEADLINE)).await.map(drop),
        (Action::Poll, Prepared::Job(job)) => job.try_wait().await.map(drop),
        (Action::Upload, _) => client.upload(Media::path(folder.join("input.png"))).await.map(drop),
        (Action::Download, Prepared::Address(url)) => {
            client.download(url).save(folder.join("lion.jpg")).await.map(drop)
        }
        _ => unreachable!("prepared for another action"),
    };
    (outcome, start.elapsed())
}

enum Prepared {
    Nothing,
    Job(Box<Prediction>),
    Address(String),
}

async fn prepare(action: Action, client: &Client, folder: &Path) -> Prepared {
    match action {
        Action::Poll => Prepared::Job(Box::new(client.submit(request()).await.unwrap())),
        Action::Download => {
            let image = client.generate(request()).await.unwrap();
            // The emulator renders an image at the first download, which takes a while.
            image.bytes().await.unwrap();
            Prepared::Address(image.urls()[0].clone())
        }
        Action::Upload => {
            let mut picture = b"\x89PNG\r\n\x1a\n".to_vec();
            picture.resize(200_000, 7);
            std::fs::write(folder.join("input.png"), picture).unwrap();
            Prepared::Nothing
        }
        _ => Prepared::Nothing,
    }
}

fn request() -> Request {
    let small = serde_json::json!({"prompt": PROMPT, "aspect_ratio": "custom", "width": 256, "height": 256});
    Request::new(Model::P_IMAGE, small)
}

fn text(cell: &Cell) -> String {
    let outcome = match &cell.outcome {
        Ok(()) => "done".to_owned(),
        // `SubmissionUnknown` -> "submission unknown"
        Err(error) => format!("{:?}", error.kind()).chars().fold(String::new(), |mut name, c| {
            if c.is_uppercase() && !name.is_empty() {
                name.push(' ');
            }
            name.extend(c.to_lowercase());
            name
        }),
    };
    format!("{} · {outcome}", cell.sends)
}

fn document(rows: &[(&str, Condition)], cells: &[String]) -> String {
    let mut text = String::from(
        "# Operations under faults\n\n\
         Written by the test `fault_matrix`, which runs every cell once against the emulator over real sockets. A cell shows\n\
         the number of requests that the service received, and the outcome: *done*, or the kind of the error. A fault\n\
         applies to every request. In each cell the test also asserts that the key went to its origin only, that no second\n\
         job was started, that a job which was started is not lost, that the time stayed within the deadline, and that no\n\
         file and no task was left behind.\n\n\
         | fault | submit | submit, `Try-Sync` | poll | upload | download |\n\
         |---|---|---|---|---|---|\n",
    );
    for ((name, _), cells) in rows.iter().zip(cells.chunks(Action::ALL.len())) {
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    text.push_str(
        "\nA download whose announced length is too small cannot be distinguished from a shorter file. A fault that does not\n\
         concern an operation, such as an address in a download, leaves it *done*.\n",
    );
    text
}

fn document_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT)
}

fn compare(current: &str) {
    let path = document_path();
    let document = std::fs::read_to_string(&path).unwrap();
    // What follows is written by hand.
    let (written, by_hand) = document.split_once(BY_HAND).unwrap();
    if std::env::var_os(UPDATE).is_some() {
        return std::fs::write(&path, format!("{current}\n{BY_HAND}{by_hand}")).unwrap();
    }
    let written = written.strip_suffix('\n').unwrap_or_default();
    let differences: Vec<String> = current
        .lines()
        .filter(|line| !written.lines().any(|old| old == *line))
        .map(|line| format!("  {line}"))
        .collect();
    assert!(
        written == current,
        "{DOCUMENT} is not current; if the change is intended, run `{UPDATE}=1 cargo test --test behaviour fault_matrix`\n{}",
        differences.join("\n")
    );
}

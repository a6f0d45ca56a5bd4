//! Every operation under every fault: how often it is sent, what comes of it, and what must hold in each cell.
//!
//! The results are written down in `docs/fault-matrix.md`; the test fails when they are not what stands there.

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
const UPDATE: &str = "UPDATE_FAULT_MATRIX";
const PROMPT: &str = "a prompt that is nobody else's business";
/// Of one request, and of a body that stands still.
const PATIENCE: Duration = Duration::from_secs(1);
/// Of a whole operation.
const DEADLINE: Duration = Duration::from_secs(8);
/// Of a submission with `Try-Sync`, whose request may last a minute longer than others.
const SYNC_DEADLINE: Duration = Duration::from_secs(4);
/// The largest download.
const LARGEST: u64 = 4 * 1024 * 1024;
/// Cells that run at once.
const AT_ONCE: usize = 8;

/// The emulators' runtime; the clients have others, so that tasks that they leave behind can be counted.
static SERVERS: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

#[derive(Clone, Copy, Debug, PartialEq)]
enum Doing {
    Submit,
    SubmitSync,
    Poll,
    Upload,
    Download,
}

impl Doing {
    const ALL: [Self; 5] = [Self::Submit, Self::SubmitSync, Self::Poll, Self::Upload, Self::Download];

    fn operation(self) -> Operation {
        match self {
            Self::Submit | Self::SubmitSync => Operation::CreatePrediction,
            Self::Poll => Operation::GetPredictionStatus,
            Self::Upload => Operation::UploadFile,
            Self::Download => Operation::DownloadContent,
        }
    }

    fn pays(self) -> bool {
        matches!(self, Self::Submit | Self::SubmitSync)
    }
}

/// What goes wrong, every time.
enum Trouble {
    Fault(Fault),
    /// Connections are taken and reset.
    Refused,
    /// Nobody listens.
    Down,
}

/// The rows of the table.
fn troubles(foreign: &str) -> Vec<(&'static str, Trouble)> {
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
        ("slow answer", Fault::Delay { seconds: 0.05 }),
        ("connection closed after the answer", Fault::HangUp),
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
    let mut rows = vec![("nobody listens", Trouble::Down), ("connection reset when taken", Trouble::Refused)];
    rows.extend(faults.map(|(name, fault)| (name, Trouble::Fault(fault))));
    rows
}

/// What came of an operation.
struct Cell {
    sends: usize,
    outcome: Result<(), Error>,
}

#[test]
fn every_operation_under_every_fault_ends_as_the_document_says() {
    let foreign = SERVERS.block_on(support::emulator());
    let rows = troubles(foreign.url());
    let cells: Vec<(usize, Doing)> =
        (0..rows.len()).flat_map(|row| Doing::ALL.map(|operation| (row, operation))).collect();
    let written = std::fs::read_to_string(document_path()).unwrap_or_default();
    let results: Vec<Mutex<String>> = cells.iter().map(|_| Mutex::default()).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some((row, doing)) = cells.get(index).copied() else { break };
                    let (name, trouble) = &rows[row];
                    let mut cell = text(&run(doing, name, trouble));
                    if cell != cell_in(&written, name, doing) {
                        // On a busy machine an answer may come too late. What must hold in any case held that time too.
                        cell = text(&run(doing, name, trouble));
                    }
                    *results[index].lock().unwrap() = cell;
                }
            });
        }
    });
    assert_eq!(foreign.requests().len(), 0, "nothing may reach another host: {:?}", foreign.requests());
    let results: Vec<String> = results.into_iter().map(|text| text.into_inner().unwrap()).collect();
    compare(&document(&rows, &results));
}

/// One cell, in a runtime of its own, with what must hold whatever the fault is.
fn run(doing: Doing, name: &str, trouble: &Trouble) -> Cell {
    let label = format!("{doing:?}, {name}");
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let emulator = SERVERS.block_on(support::emulator());
    let (outcome, elapsed) = runtime.block_on(act(doing, &emulator, trouble, folder.path()));

    // The client is gone, and with it everything that it had under way.
    let metrics = runtime.metrics();
    runtime.block_on(async {
        let patience = Instant::now() + Duration::from_secs(5);
        while metrics.num_alive_tasks() > 0 {
            assert!(Instant::now() < patience, "{label}: {} tasks are left", metrics.num_alive_tasks());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });

    let requests = emulator.requests();
    let sent = || requests.iter().filter(|request| request.operation.as_deref() == Some(doing.operation().id()));
    let sends = sent().count();
    let limited = matches!(trouble, Trouble::Fault(Fault::RateLimited { .. }));
    assert!(sends <= 4, "{label}: {sends} sends");
    assert!(sends <= 1 || !doing.pays() || limited, "{label}: {sends} submissions");
    assert!(emulator.predictions().len() <= 1, "{label}: two jobs");
    assert!(sent().all(|request| request.header("apikey") == Some(emulator.api_key())), "{label}: the key is missing");
    assert!(elapsed < DEADLINE + PATIENCE, "{label} took {elapsed:?}");

    let mut files: Vec<String> =
        folder.path().read_dir().unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    files.retain(|file| file != "input.png");
    let expected: &[&str] = if doing == Doing::Download && outcome.is_ok() { &["lion.jpg"] } else { &[] };
    assert_eq!(files, expected, "{label}: files");

    if let Err(error) = &outcome {
        check_error(&label, doing, &emulator, error);
    }
    Cell { sends, outcome }
}

fn check_error(label: &str, doing: Doing, emulator: &Emulator, error: &Error) {
    let printed = format!("{error} {error:?}");
    assert!(!printed.contains(emulator.api_key()) && !printed.contains(PROMPT), "{label}: {printed}");
    assert!(!error.to_string().contains('\n'), "{label}: {error}");
    match doing {
        // A job that runs is never passed over in silence.
        Doing::Submit | Doing::SubmitSync if !emulator.predictions().is_empty() => {
            let owned = [ErrorKind::SubmissionUnknown, ErrorKind::PredictionFailed, ErrorKind::Canceled];
            assert!(owned.contains(&error.kind()) || error.job().is_some(), "{label}: {error}");
        }
        Doing::Poll => assert!(error.job().is_some(), "{label}: no job in {error}"),
        _ => {}
    }
}

/// Prepares an operation, spoils it, does it, and tells how long that took.
async fn act(doing: Doing, emulator: &Emulator, trouble: &Trouble, folder: &Path) -> (Result<(), Error>, Duration) {
    let client = support::builder(emulator)
        .attempt_timeout(PATIENCE)
        .idle_timeout(PATIENCE)
        .deadline(DEADLINE)
        .max_download(LARGEST)
        .build()
        .unwrap();
    let prepared = prepare(doing, &client, folder).await;
    emulator.clear_requests();
    match trouble {
        Trouble::Fault(fault) => {
            emulator.faults().add(fault.clone().on(doing.operation()));
        }
        Trouble::Refused => {
            emulator.faults().add(Fault::Refuse.on(Operation::Connection));
        }
        Trouble::Down => emulator.shutdown().await,
    }
    let start = Instant::now();
    let outcome = match (doing, prepared) {
        (Doing::Submit, _) => client.submit(request()).await.map(drop),
        (Doing::SubmitSync, _) => client.generate(request().deadline(SYNC_DEADLINE)).await.map(drop),
        (Doing::Poll, Prepared::Job(job)) => job.try_wait().await.map(drop),
        (Doing::Upload, _) => client.upload(Media::path(folder.join("input.png"))).await.map(drop),
        (Doing::Download, Prepared::Address(url)) => client.download(url).save(folder.join("lion.jpg")).await.map(drop),
        _ => unreachable!("prepared for something else"),
    };
    (outcome, start.elapsed())
}

enum Prepared {
    Nothing,
    Job(Box<Prediction>),
    Address(String),
}

async fn prepare(doing: Doing, client: &Client, folder: &Path) -> Prepared {
    match doing {
        Doing::Poll => Prepared::Job(Box::new(client.submit(request()).await.unwrap())),
        Doing::Download => {
            let image = client.generate(request()).await.unwrap();
            // Painting takes a while the first time.
            image.bytes().await.unwrap();
            Prepared::Address(image.urls()[0].clone())
        }
        Doing::Upload => {
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

fn document(rows: &[(&str, Trouble)], cells: &[String]) -> String {
    let mut text = String::from(
        "# Operations under faults\n\n\
         Made by the test `fault_matrix`, which runs every cell against the emulator over real sockets. A cell tells how\n\
         often the service saw the request and what the caller got: *done*, or the kind of the error. Every fault strikes\n\
         every time. In each cell the test also asserts that the key went to its origin only, that no second job was\n\
         started, that a job which was started is never passed over in silence, that the time stayed within the deadline,\n\
         and that no file and no task was left behind.\n\n\
         | fault | submit | submit, `Try-Sync` | poll | upload | download |\n\
         |---|---|---|---|---|---|\n",
    );
    for ((name, _), cells) in rows.iter().zip(cells.chunks(Doing::ALL.len())) {
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    text.push_str(
        "\nA download whose announced length is too small is indistinguishable from a shorter file. \
         A fault that says\nnothing to an operation, such as an address in a download, leaves it *done*.\n",
    );
    text
}

fn document_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT)
}

/// What a document says of a cell.
fn cell_in<'a>(document: &'a str, name: &str, doing: Doing) -> &'a str {
    let row = document.lines().find_map(|line| line.strip_prefix("| ")?.strip_prefix(name)?.strip_prefix(" | "));
    let column = Doing::ALL.iter().position(|other| *other == doing).unwrap();
    row.and_then(|row| row.trim_end_matches(" |").split(" | ").nth(column)).unwrap_or_default()
}

fn compare(current: &str) {
    let path = document_path();
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, current).unwrap();
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let differences: Vec<String> = current
        .lines()
        .filter(|line| !written.lines().any(|old| old == *line))
        .map(|line| format!("  {line}"))
        .collect();
    assert!(
        written == current,
        "{DOCUMENT} is not current; if this is meant, run `{UPDATE}=1 cargo test --test behaviour fault_matrix`\n{}",
        differences.join("\n")
    );
}

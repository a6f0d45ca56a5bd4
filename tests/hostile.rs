//! Hostile servers and names, and full disks: bounded time and memory, a typed error, no files left.

use std::{
    collections::BTreeMap,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use pruna::{Client, JobRef, Media, Request, error::ErrorKind};
use pruna_emulator::{
    Emulator,
    faults::{Fault, Operation},
};
use serde_json::json;

use crate::support::{self, sends};

fn request() -> Request {
    Request::new("p-image", json!({"prompt": "x", "aspect_ratio": "custom", "width": 256, "height": 256}))
}

/// An answer of the service's own making.
fn says(status: u16, body: impl ToString) -> Fault {
    let headers = BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]);
    Fault::Status { status, headers, body: Some(body.to_string()) }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        folder.read_dir().unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_name_from_the_service_never_leaves_the_folder() {
    let emulator = support::emulator().await;
    let client = support::client(&emulator);
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("results");
    let picture = "data:image/jpeg;base64,/9j/4AAQSkZJRg==";
    let hostile = [
        "../../etc/passwd",
        "/etc/passwd",
        "..\\..\\boot.ini",
        "C:\\boot.ini",
        "..",
        "con",
        "nul.txt",
        "a\0b",
        "a\nb",
        "-rf",
        "~root",
        "$(reboot)",
        "a:b",
        "\u{202e}gpj.exe",
        "\u{2215}etc\u{2215}passwd",
        "%2e%2e%2f",
        &"x".repeat(100_000),
    ];
    for name in hostile {
        let answer = json!({"id": name, "status": "succeeded", "generation_url": [picture, picture]});
        emulator.faults().clear();
        emulator.faults().add(says(200, answer).on(Operation::GetPredictionStatus));
        let job = client.attach(JobRef::new(if name == ".." { "x".into() } else { name.to_owned() }, "p-image"));
        let Ok(generation) = job.wait().await else {
            // A name that cannot be asked for cannot become a file either.
            continue;
        };
        for file in generation.save_all(&folder).await.unwrap_or_default() {
            assert_eq!(file.path.parent(), Some(folder.as_path()), "{name:?}");
            std::fs::remove_file(&file.path).unwrap();
        }
        assert_eq!(names(&folder), [] as [&str; 0], "{name:?}");
        assert_eq!(names(outer.path()), ["results"], "{name:?}");
    }
}

#[tokio::test]
async fn no_symbolic_link_is_followed() {
    let emulator = support::emulator().await;
    let client = support::client(&emulator);
    let image = client.generate(request()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("precious.txt");
    for (link, points_to) in [("existing.jpg", target.clone()), ("dangling.jpg", folder.path().join("nothing"))] {
        std::fs::write(&target, "precious").unwrap();
        let link = folder.path().join(link);
        std::os::unix::fs::symlink(&points_to, &link).unwrap();
        assert!(image.save_new(&link).await.unwrap_err().is_io(), "a link is a file that exists");
        assert!(link.symlink_metadata().unwrap().is_symlink());
        image.save(&link).await.unwrap();
        assert!(link.symlink_metadata().unwrap().is_file(), "the link itself was replaced");
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "precious");
    }
    assert_eq!(names(folder.path()), ["dangling.jpg", "existing.jpg", "precious.txt"]);
}

#[tokio::test]
async fn save_new_does_not_replace_a_file_that_appears_meanwhile() {
    let emulator = support::emulator().await;
    let image = support::client(&emulator).generate(request()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jpg");
    let other = path.clone();
    let download = image.file(0).unwrap().on_progress(move |_| std::fs::write(&other, "mine").unwrap());
    assert!(download.save_new(&path).await.unwrap_err().is_io());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(names(folder.path()), ["a.jpg"]);
}

/// Returns the resident memory in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[tokio::test]
async fn responses_of_two_gigabytes_and_endless_ones_are_cut_short() {
    let emulator = support::emulator().await;
    let client = support::builder(&emulator).max_download(1_000_000).build().unwrap();
    let job = client.submit(request().try_sync(false)).await.unwrap();
    let url = job.wait().await.unwrap().urls()[0].clone();
    for length in [Some(2_000_000_000), None] {
        for operation in [
            Operation::CreatePrediction,
            Operation::GetPredictionStatus,
            Operation::UploadFile,
            Operation::DownloadContent,
        ] {
            emulator.faults().clear();
            emulator.faults().add(Fault::Flood { length }.on(operation));
            let (before, start) = (resident(), Instant::now());
            let error = match operation {
                Operation::CreatePrediction => client.submit(request()).await.unwrap_err(),
                Operation::GetPredictionStatus => client.status(job.id().unwrap()).await.unwrap_err(),
                Operation::UploadFile => client.upload(Media::bytes(b"x".as_slice())).await.unwrap_err(),
                _ => client.download(&url).bytes().await.unwrap_err(),
            };
            let expected = if operation == Operation::CreatePrediction {
                ErrorKind::SubmissionUnknown
            } else {
                ErrorKind::TooLarge
            };
            assert_eq!(error.kind(), expected, "{operation:?} {length:?}: {error}");
            assert!(start.elapsed() < Duration::from_secs(30), "{operation:?} took {:?}", start.elapsed());
            // Server, client and other tests are one process: the bound is loose, and far from what was sent.
            let grown = resident().saturating_sub(before);
            assert!(grown < 256 * 1024 * 1024, "{operation:?} {length:?} took {grown} bytes");
        }
    }
}

#[tokio::test]
async fn an_endless_error_page_is_read_up_to_the_limit() {
    let emulator = support::emulator().await;
    let page = says(500, "<p>".repeat(100_000));
    emulator.faults().add(page.on(Operation::GetPredictionStatus));
    let client = support::builder(&emulator).max_attempts(1).build().unwrap();
    let error = client.status("x").await.unwrap_err();
    assert!(error.is_service_unavailable(), "{error}");
    assert!(error.body().unwrap().len() <= 4096 && error.to_string().len() < 2000);
}

#[tokio::test]
async fn a_hint_from_a_clock_that_jumped_causes_neither_a_hang_nor_a_busy_loop() {
    let emulator = support::emulator().await;
    let client = support::builder(&emulator).deadline(Duration::from_secs(5)).build().unwrap();
    for (date, retry_after, sends_expected) in [
        ("Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT", 1),
        ("Fri, 01 Jan 2100 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", 4),
        ("Fri, 01 Jan 2100 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT", 4),
        ("Fri, 01 Jan 2100 00:00:00 GMT", "-1", 4),
        ("not a date", "1e300", 1),
    ] {
        let headers = [("date", date), ("retry-after", retry_after)].map(|(n, v)| (n.to_owned(), v.to_owned()));
        emulator.clear_requests();
        emulator.faults().clear();
        let fault = Fault::Status { status: 503, headers: headers.into(), body: None };
        emulator.faults().add(fault.on(Operation::GetPredictionStatus));
        let start = Instant::now();
        assert!(client.status("x").await.unwrap_err().is_service_unavailable());
        assert_eq!(sends(&emulator, "getPredictionStatus"), sends_expected, "{date} {retry_after}");
        assert!(start.elapsed() < Duration::from_secs(5));
    }
    // An upload that expired before it was made, or in the distant future, by the service's clock.
    for (created, expires) in
        [("2031-01-01T00:00:00Z", "2030-01-01T00:00:00Z"), ("1999-01-01T00:00:00Z", "2999-01-01T00:00:00Z")]
    {
        let answer = json!({"urls": {"get": "/v1/files/x"}, "created_at": created, "expires_at": expires});
        emulator.faults().clear();
        emulator.faults().add(says(201, answer).on(Operation::UploadFile));
        let media = Media::bytes(created.as_bytes().to_vec());
        let file = client.upload(media).await.unwrap();
        assert_eq!(file.expires_at.as_deref(), Some(expires));
    }
}

#[tokio::test]
async fn a_file_that_changes_its_size_while_it_is_sent_is_an_error() {
    let emulator = support::emulator().await;
    let folder = tempfile::tempdir().unwrap();
    for (name, change) in [("grows", 8_000_000_u64), ("shrinks", 1_000_000)] {
        let path = folder.path().join(name);
        std::fs::write(&path, vec![7; 4_000_000]).unwrap();
        let file = path.clone();
        let changed = std::sync::Once::new();
        let upload = support::client(&emulator).upload(Media::path(&path)).on_progress(move |_| {
            changed.call_once(|| std::fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(change).unwrap());
        });
        let error = upload.await.unwrap_err();
        assert!(error.is_io() && error.message().contains("changed its size"), "{name}: {error}");
    }
}

#[tokio::test]
async fn only_regular_files_are_read() {
    let emulator = support::emulator().await;
    let client = support::client(&emulator);
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [pipe.as_path(), folder.path(), Path::new("/dev/zero"), Path::new("/nowhere")] {
        let error = client.upload(Media::path(path)).await.unwrap_err();
        assert!(error.is_io(), "{}: {error}", path.display());
    }
    assert_eq!(emulator.requests().len(), 0);
}

const FULL_DISK: &str = "PRUNA_FULL_DISK";

/// The limit on the size of files is set per process: this test runs itself in another process that has such a limit.
#[test]
fn a_full_disk_leaves_no_file() {
    let program = std::env::current_exe().unwrap();
    let script = r#"trap '' XFSZ; ulimit -f 16; exec "$0" --exact hostile::on_a_full_disk --nocapture"#;
    let output = Command::new("sh").arg("-c").arg(script).arg(program).env(FULL_DISK, "1").output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("the disk was full"), "{printed}");
}

#[test]
fn on_a_full_disk() {
    if std::env::var_os(FULL_DISK).is_none() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let emulator = Emulator::builder().start().await.unwrap();
        let client: Client = support::client(&emulator);
        let image = client.generate(pruna::inputs::PImage::new("a lion at dusk")).await.unwrap();
        assert!(image.bytes().await.unwrap().len() > 16 * 1024, "larger than the limit");
        let folder = tempfile::tempdir().unwrap();
        emulator.clear_requests();
        let error = image.save(folder.path().join("a.jpg")).await.unwrap_err();
        assert!(error.is_io(), "{error}");
        assert_eq!(sends(&emulator, "downloadContent"), 1, "a full disk is not tried again");
        assert_eq!(names(folder.path()), [] as [&str; 0]);
        println!("the disk was full");
    });
}

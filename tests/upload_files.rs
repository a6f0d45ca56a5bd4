//! Files are uploaded as they are when they are sent: read once, each content once, in bounded numbers.

use std::{
    fs,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Once,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures_util::future::try_join_all;
use pruna::{Client, Media, limits::Limits};
use pruna_emulator::faults::{Fault, Operation};

use crate::{
    scripted::{response, scripted},
    simulated::Service,
    support::{builder, client, emulator, sends},
};

const LARGE: usize = 8_000_000;

/// Creates a file that was modified an hour ago.
fn file(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
    path
}

/// Overwrites a file in place and restores its time of modification.
fn overwrite(path: &Path, content: &[u8]) {
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(content, 0).unwrap();
    file.set_modified(modified).unwrap();
}

/// Uploads a file and overwrites it when the first bytes are sent.
async fn upload_and_overwrite(client: &Client, path: &Path, content: &[u8]) -> String {
    let (changed, target, content) = (Once::new(), path.to_owned(), content.to_vec());
    let upload = client.upload(Media::path(path)).on_progress(move |_| {
        changed.call_once(|| overwrite(&target, &content));
    });
    upload.await.unwrap().url
}

async fn upload_bytes(client: &Client, content: &[u8]) -> String {
    client.upload(Media::bytes(content.to_vec())).await.unwrap().url
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_sent_does_not_stand_for_what_it_was() {
    let emulator = emulator().await;
    let client = client(&emulator);
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (vec![1; LARGE], vec![2; LARGE]);
    let path = file(folder.path(), "a.bin", &old);
    // The length is known, so that the file is hashed before it is sent, too.
    upload_bytes(&client, &vec![0; LARGE]).await;
    let mixed = upload_and_overwrite(&client, &path, &new).await;
    let mut urls = vec![mixed, upload_bytes(&client, &old).await, client.upload(path.as_path()).await.unwrap().url];
    assert_eq!(upload_bytes(&client, &new).await, urls[2], "the file has its new content now");
    urls.dedup();
    assert_eq!((urls.len(), sends(&emulator, "uploadFile")), (3, 4));
}

#[tokio::test]
async fn a_repeated_upload_sends_and_remembers_the_file_as_it_is_then() {
    let emulator = emulator().await;
    let client = client(&emulator);
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (vec![1; 100], vec![2; 100]);
    let path = file(folder.path(), "a.bin", &old);
    emulator.faults().add(Fault::status(503).on(Operation::UploadFile).first(1));
    let sent = upload_and_overwrite(&client, &path, &new).await;
    assert_eq!(upload_bytes(&client, &new).await, sent);
    assert_ne!(upload_bytes(&client, &old).await, sent);
    assert_eq!(sends(&emulator, "uploadFile"), 3);
}

#[tokio::test]
async fn equal_content_is_uploaded_once_from_files_and_memory_at_the_same_time() {
    let emulator = emulator().await;
    let client = client(&emulator);
    let folder = tempfile::tempdir().unwrap();
    let equal = vec![7; 300_000];
    let mut media: Vec<Media> = ["a", "b", "a"].map(|name| file(folder.path(), name, &equal).into()).into();
    media.extend([Media::bytes(equal.clone()), Media::bytes(equal)]);
    media.extend((0..5).map(|number| Media::bytes(vec![number; 300_000])));
    let files = try_join_all(media.iter().map(|media| client.upload(media).into_future())).await.unwrap();
    assert!(files[..5].iter().all(|file| file.url == files[0].url));
    assert_eq!(sends(&emulator, "uploadFile"), 6, "five of the same length are different");
}

#[tokio::test]
async fn if_an_upload_fails_another_of_the_same_file_takes_its_place() {
    let emulator = emulator().await;
    let client = builder(&emulator).max_attempts(1).build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "a.bin", &[7; 1000]);
    emulator.faults().add(Fault::status(503).on(Operation::UploadFile).first(1));
    let uploads = (0..10).map(|_| client.upload(&path).into_future());
    let results = futures_util::future::join_all(uploads).await;
    assert_eq!(results.iter().filter(|result| result.is_err()).count(), 1);
    assert_eq!(sends(&emulator, "uploadFile"), 2);
}

#[tokio::test]
async fn an_upload_that_was_forgotten_while_it_ran_is_made_again() {
    let emulator = emulator().await;
    let client = client(&emulator);
    let content = Bytes::from(vec![7; 1000]);
    let forgetful = client.clone();
    let upload = client.upload(content.clone()).on_progress(move |_| forgetful.forget_uploads());
    upload.await.unwrap();
    client.upload(content).await.unwrap();
    assert_eq!(sends(&emulator, "uploadFile"), 2);
}

#[tokio::test]
async fn success_before_the_whole_file_was_sent_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "a.bin", &vec![7; 32_000_000]);
    let body = br#"{"id": "1", "urls": {"get": "/v1/files/1"}}"#;
    let (url, _) = scripted(vec![response("201 Created", body)]).await;
    let client = Client::builder().api_key("pru_test").base_url(url).max_attempts(1).build().unwrap();
    let error = client.upload(path).await.unwrap_err();
    assert!(error.is_decode() || error.is_connection(), "{error}");
}

#[tokio::test]
async fn what_is_not_a_regular_file_with_a_true_length_is_an_error_on_one_line() {
    let emulator = emulator().await;
    let client = client(&emulator);
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (path, reason) in [
        (pipe.as_path(), "is not a file"),
        (folder.path(), "is not a file"),
        (Path::new("/dev/zero"), "is not a file"),
        (Path::new("/proc/self/environ"), "pseudo file"),
        // Files of /sys report the size of a page.
        (Path::new("/sys/kernel/mm/transparent_hugepage/enabled"), "pseudo file"),
    ] {
        if !path.exists() {
            continue;
        }
        let error = client.upload(path).await.unwrap_err();
        assert!(error.is_io() && error.attempts() == 0, "{error}");
        let text = error.to_string();
        assert!(text.contains(reason) && text.contains(path.to_str().unwrap()) && !text.contains('\n'), "{text}");
    }
    assert_eq!(emulator.requests().len(), 0);
}

/// Runs an ignored test of this file in a process of its own; returns what it printed.
fn run_alone(test: &str) -> String {
    let arguments = ["--exact", &format!("upload_files::{test}"), "--ignored", "--nocapture"];
    let output = Command::new(std::env::current_exe().unwrap()).args(arguments).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("1 passed"), "{printed}");
    printed
}

/// Returns how many bytes this process has read.
fn bytes_read() -> usize {
    let text = fs::read_to_string("/proc/self/io").unwrap();
    text.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn files_are_read_as_rarely_as_possible() {
    run_alone("in_a_process_alone_files_are_read_as_rarely_as_possible");
}

#[tokio::test]
#[ignore = "run in a process of its own by the test above"]
async fn in_a_process_alone_files_are_read_as_rarely_as_possible() {
    let service = Service::new();
    let client = service.client();
    let folder = tempfile::tempdir().unwrap();
    let [a, b, c] = ["a", "b", "c"].map(|name| file(folder.path(), name, &vec![name.as_bytes()[0]; LARGE]));
    let short = file(folder.path(), "short", &vec![1; LARGE / 2]);
    let changed = file(folder.path(), "changed", &vec![b'a'; LARGE]);
    let halves = |count: usize| count * LARGE / 2;
    for (what, path, read, sent) in [
        ("the first of its length is read once", &a, halves(2), 1),
        ("a file that is known is not read", &a, 0, 1),
        ("another length is read once", &short, halves(1), 2),
        ("the same length is read for comparison, and sent", &b, halves(4), 3),
        ("the same content is read for comparison, and not sent", &changed, halves(2), 3),
        ("the same file is not read any more", &changed, 0, 3),
    ] {
        let before = bytes_read();
        client.upload(path).await.unwrap();
        let difference = bytes_read() - before;
        assert!((read..read + 100_000).contains(&difference), "{what}: {difference} bytes were read");
        assert_eq!(service.received("uploadFile").len(), sent, "{what}");
    }
    overwrite(&changed, &vec![b'x'; LARGE]);
    client.upload(&changed).await.unwrap();
    assert_eq!(
        service.received("uploadFile").len(),
        4,
        "new content, although its time of modification is the old one"
    );
    let before = bytes_read();
    client.forget_uploads();
    try_join_all((0..20).map(|_| client.upload(&c).into_future())).await.unwrap();
    assert!(bytes_read() - before < LARGE + 100_000, "requests for the same file wait for the one that sends it");
    assert_eq!(service.received("uploadFile").len(), 5);
}

#[cfg(target_os = "linux")]
#[test]
fn ten_thousand_uploads_need_few_threads_and_open_files() {
    let printed = run_alone("in_a_process_alone_ten_thousand_uploads_need_few_threads_and_open_files");
    println!("{}", printed.lines().find(|line| line.starts_with("peak")).unwrap());
}

/// Returns the numbers of threads and of open files of this process.
fn in_use() -> (usize, usize) {
    let count = |folder| fs::read_dir(folder).unwrap().count();
    (count("/proc/self/task"), count("/proc/self/fd"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run in a process of its own by the test above"]
async fn in_a_process_alone_ten_thousand_uploads_need_few_threads_and_open_files() {
    let emulator = emulator().await;
    let client = builder(&emulator).limits(Limits::none()).build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = (0..10_000_usize)
        .map(|number| {
            file(folder.path(), &number.to_string(), format!("{number:0>width$}", width = 8 + number % 100).as_bytes())
        })
        .collect();
    client.upload(Media::bytes(b"one".as_slice())).await.unwrap();
    let single = in_use();
    let is_done = Arc::new(AtomicBool::new(false));
    let done = Arc::clone(&is_done);
    let observer = std::thread::spawn(move || {
        let mut peak = (0, 0);
        while !done.load(Ordering::Relaxed) {
            let (threads, files) = in_use();
            peak = (peak.0.max(threads), peak.1.max(files));
            std::thread::yield_now();
        }
        peak
    });
    let uploads: Vec<_> = paths.iter().map(|path| tokio::spawn(client.upload(path).into_future())).collect();
    for upload in uploads {
        upload.await.unwrap().unwrap();
    }
    is_done.store(true, Ordering::Relaxed);
    let peak = observer.join().unwrap();
    println!("\npeak of threads and open files: {peak:?}, of a single upload: {single:?}");
    assert_eq!(sends(&emulator, "uploadFile"), 10_001);
    // The observer is one of the threads; each of the concurrent uploads has both ends of a connection and a file.
    assert!(peak.0 <= single.0 + 24 && peak.1 <= single.1 + 64, "{peak:?}, of a single upload: {single:?}");
}

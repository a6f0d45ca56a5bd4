//! Training sets are checked before they are uploaded; archives from trainers are not trusted.

use std::{
    fs,
    io::{Cursor, Write},
    path::Path,
};

use pruna::{Lora, TrainingSet, inputs::PImageTrainer};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::support::{client, emulator};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";

/// Creates a folder with files of this text; without text, with an image.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let content = if text.is_empty() { PNG } else { text.as_bytes() };
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn ten_images() -> tempfile::TempDir {
    let names: Vec<String> = (0..10).map(|number| format!("{number}.png")).collect();
    folder(&names.iter().map(|name| (name.as_str(), "")).collect::<Vec<_>>())
}

fn names(zip: &[u8]) -> Vec<String> {
    let mut zip = ZipArchive::new(Cursor::new(zip)).unwrap();
    (0..zip.len()).map(|index| zip.by_index(index).unwrap().name().unwrap().into_owned()).collect()
}

#[test]
fn every_problem_names_its_file() {
    let images = |set: &Path| TrainingSet::from_dir(set).unwrap();
    let pairs = |set: &Path| TrainingSet::from_edit_dir(set).unwrap();
    type Read = fn(&Path) -> TrainingSet;
    type Case = (Read, &'static [(&'static str, &'static str)], &'static [&'static str]);
    let cases: [Case; 6] = [
        (images, &[("1.png", "")], &["1 images, at least 10", "1: has no caption"]),
        (images, &[("1.png", "no picture")], &["1.png: its content is not jpg"]),
        (images, &[("1.png", ""), ("2.txt", "x"), ("3.gif", "GIF")], &["2.txt: has no image", "3.gif: is neither"]),
        (pairs, &[("dog_start.png", "")], &["dog_start: there is no dog_end", "there is no pair"]),
        (
            pairs,
            &[("dog.png", ""), ("a_end.png", "")],
            &["dog.png: its name ends in neither", "a_end: there is no a_start"],
        ),
        (pairs, &[("a_start.png", ""), ("a_end.png", ""), ("a_start2.png", "")], &["a: has no caption"]),
    ];
    for (read, files, faults) in cases {
        let folder = folder(files);
        let error = read(folder.path()).check().unwrap_err();
        assert!(error.is_invalid_input());
        for fault in faults {
            assert!(error.to_string().contains(fault), "{fault}: {error}");
        }
    }
    assert!(TrainingSet::from_dir("/no/such/folder").unwrap_err().is_io());
}

#[test]
fn the_archive_is_flat_complete_and_reproducible() {
    let folder =
        folder(&[("a_start.png", ""), ("a_end.png", ""), ("b_start.png", ""), ("b_end.png", ""), ("a.txt", "mine")]);
    fs::create_dir(folder.path().join("within")).unwrap();
    fs::write(folder.path().join(".hidden"), "x").unwrap();
    let set = TrainingSet::from_edit_dir(folder.path()).unwrap().default_caption("as a drawing");
    set.check().unwrap();
    let pack = || {
        let mut zip = Cursor::new(Vec::new());
        set.write_zip(&mut zip).unwrap();
        zip.into_inner()
    };
    assert_eq!(names(&pack()), ["a_end.png", "a_start.png", "b_end.png", "b_start.png", "a.txt", "b.txt"]);
    assert_eq!(pack(), pack());
}

#[test]
fn images_with_captions_may_lie_anywhere() {
    let folder = ten_images();
    let set = TrainingSet::captioned((0..10).map(|n| (folder.path().join(format!("{n}.png")), format!("picture {n}"))));
    set.check().unwrap();
    let mut zip = Cursor::new(Vec::new());
    set.write_zip(&mut zip).unwrap();
    let names = names(zip.get_ref());
    assert_eq!((names.len(), names[0].as_str(), names[19].as_str()), (20, "00000.png", "00009.txt"));
}

#[tokio::test]
async fn a_trainer_makes_weights_from_a_set() {
    let emulator = emulator().await;
    let client = client(&emulator);
    let photos = ten_images();
    let set = TrainingSet::from_dir(photos.path()).unwrap().default_caption("a thing");
    let folder = tempfile::tempdir().unwrap();
    let trained = client.generate(PImageTrainer::new(set.upload(&client).await.unwrap())).await.unwrap();
    let zip = trained.save(folder.path().join("lora.zip")).await.unwrap();
    assert_eq!(zip.content_type, "application/zip");
    let lora = Lora::from_zip(zip.path).unwrap();
    assert_eq!(lora.file_name(), "weights.safetensors");
    for repository in ["me/dog", "huggingface.co/me/dog", "https://huggingface.co/me/dog/"] {
        assert_eq!(lora.lora_weights(repository), "huggingface.co/me/dog/weights.safetensors");
    }
    let weights = folder.path().join("weights.safetensors");
    lora.save(&weights).unwrap();
    assert_eq!(fs::metadata(&weights).unwrap().len(), lora.size());
    lora.save(&weights).unwrap();
}

#[test]
fn an_archive_is_not_trusted() {
    let good = [&2_u64.to_le_bytes()[..], b"{}"].concat();
    let long = [&u64::MAX.to_le_bytes()[..], b"{}"].concat();
    let list = [&2_u64.to_le_bytes()[..], b"[]"].concat();
    for (name, content, file_name) in [
        ("weights.safetensors", &good, Some("weights.safetensors")),
        ("../../etc/weights.safetensors", &good, Some("weights.safetensors")),
        ("C:\\x\\we ights.safetensors", &good, Some("we ights.safetensors")),
        ("weights.bin", &good, None),
        ("weights.safetensors", &long, None),
        ("weights.safetensors", &list, None),
        ("weights.safetensors", &b"short".to_vec(), None),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lora.zip");
        let mut zip = ZipWriter::new(fs::File::create(&path).unwrap());
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
        zip.finish().unwrap();
        let lora = Lora::from_zip(&path);
        assert_eq!(lora.as_ref().ok().map(Lora::file_name), file_name, "{name}");
        if let Err(error) = lora {
            assert!(error.is_decode(), "{error}");
        }
    }
    assert!(Lora::from_zip("/no/such.zip").unwrap_err().is_io());
}

/// Packs weights into an archive, with another library.
fn packed(compression: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("lora.safetensors", SimpleFileOptions::default().compression_method(compression)).unwrap();
    zip.write_all(&[&2_u64.to_le_bytes()[..], b"{}", &[7; 5000]].concat()).unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn weights_are_extracted_completely_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, weights) = (folder.path().join("lora.zip"), folder.path().join("lora.safetensors"));
    for compression in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let whole = packed(compression);
        fs::write(&archive, &whole).unwrap();
        Lora::from_zip(&archive).unwrap().save(&weights).unwrap();
        assert_eq!(fs::read(&weights).unwrap()[10..], [7; 5000]);
        fs::remove_file(&weights).unwrap();

        // One bit of the content is wrong.
        let lora = Lora::from_zip(&archive).unwrap();
        let mut damaged = whole;
        let content = if compression == CompressionMethod::Stored { 1000 } else { 66 };
        damaged[content] ^= 1;
        fs::write(&archive, damaged).unwrap();
        assert!(lora.save(&weights).unwrap_err().is_decode(), "{compression}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the archive is left");
    }
}

/// Packs weights whose header is a text that is repeated up to a length, between a beginning and an end.
fn archive_with_header(to: &Path, start: &str, repeated: &str, end: &str, length: usize) {
    let count = (length - start.len() - end.len()) / repeated.len();
    let total = start.len() + count * repeated.len() + end.len();
    let mut zip = ZipWriter::new(std::io::BufWriter::new(fs::File::create(to).unwrap()));
    zip.start_file("weights.safetensors", SimpleFileOptions::default()).unwrap();
    zip.write_all(&(total as u64).to_le_bytes()).unwrap();
    zip.write_all(start.as_bytes()).unwrap();
    let block = repeated.repeat(1000);
    for _ in 0..count / 1000 {
        zip.write_all(block.as_bytes()).unwrap();
    }
    zip.write_all(repeated.repeat(count % 1000).as_bytes()).unwrap();
    zip.write_all(end.as_bytes()).unwrap();
    zip.finish().unwrap();
}

#[test]
fn a_small_archive_with_a_header_of_98_megabytes_needs_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lora.zip");
    let tensor = r#""t":{"dtype":"F32","shape":[1,2,3]},"#;
    for (what, start, repeated, end, is_accepted) in [
        ("many members", "{", tensor, r#""e":0}"#, true),
        ("one long name", "{\"", "a", "\":0}", false),
        ("one long escaped text", "{\"a\":\"", "\\\"", "\"}", false),
        ("a deep array", "{\"a\":", "[", "", false),
        ("a deep object", "", "{\"a\":", "", false),
    ] {
        // Those that are rejected need not be as long as the format allows.
        let length = if is_accepted { 98_000_000 } else { 40_000_000 };
        archive_with_header(&path, start, repeated, end, length);
        assert!(fs::metadata(&path).unwrap().len() < 600_000, "{what}");
        let mut lora = None;
        let memory = allocation_counter::measure(|| lora = Some(Lora::from_zip(&path)));
        assert!(memory.bytes_max < 64 * 1024 * 1024, "{what}: {} bytes", memory.bytes_max);
        println!("{what}: {} bytes of memory", memory.bytes_max);
        match lora.unwrap() {
            Ok(_) => assert!(is_accepted, "{what}"),
            Err(error) => assert!(!is_accepted && error.is_decode(), "{what}: {error}"),
        }
    }
}

#[test]
fn long_metadata_in_a_header_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lora.zip");
    archive_with_header(&path, "{\"__metadata__\":{\"tags\":\"", "[{", "\"}}", 8_000_000);
    Lora::from_zip(&path).unwrap();
}

#[cfg(unix)]
#[test]
fn a_pipe_in_a_training_folder_is_an_error_not_a_hang() {
    let folder = ten_images();
    for name in ["pipe.png", "0.txt"] {
        let pipe = folder.path().join(name);
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    }
    let set = TrainingSet::from_dir(folder.path()).unwrap().default_caption("a thing");
    let error = set.check().unwrap_err();
    for name in ["pipe.png", "0.txt"] {
        assert!(error.to_string().contains(&format!("{name}: it is not a regular file")), "{error}");
    }
}

#[test]
fn a_set_beyond_what_the_service_accepts_is_rejected_before_it_is_packed() {
    let folder = ten_images();
    let first = folder.path().join("0.png");
    let others: u64 = (1..10).map(|n| fs::metadata(folder.path().join(format!("{n}.png"))).unwrap().len()).sum();
    let set = TrainingSet::from_dir(folder.path()).unwrap().default_caption("a thing");
    for (total, is_accepted) in [(100_000_000, true), (100_000_001, false)] {
        fs::OpenOptions::new().write(true).open(&first).unwrap().set_len(total - others).unwrap();
        assert_eq!(set.check().is_ok(), is_accepted, "{total}");
    }
}

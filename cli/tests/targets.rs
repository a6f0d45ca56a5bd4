//! Where results go: what cannot be saved is found before it is paid for, and devices and pipes are written to.
#![cfg(unix)]

use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::fs::FileTypeExt as _,
    process::{Command, Stdio},
};

use libtest_mimic::Trial;
use pruna_emulator::faults::{Fault, Operation};

use crate::support::{Run, Service, finish, image_bytes};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        an_unusable_target_is_found_before_anything_is_sent,
        a_working_directory_that_is_gone_is_found_before_anything_is_sent,
        a_new_directory_appears_only_with_its_files,
        a_device_is_written_to_and_never_replaced,
        a_full_device_is_an_error_that_shows_the_url,
        a_pipe_receives_the_file,
        the_path_of_stdout_appends_to_the_file_behind_it,
        #[cfg(target_os = "linux")]
        a_file_on_stdout_is_streamed_in_bounded_memory,
        one_file_that_cannot_be_saved_does_not_lose_the_others,
        files_of_a_synchronous_result_are_downloaded_by_the_command_in_the_hint,
    ]
}

/// Writes a directory that a LoRA can be trained on.
fn write_photos(service: &Service) {
    fs::create_dir(service.path("photos")).unwrap();
    for number in 0..10 {
        service.write(&format!("photos/{number}.png"), image_bytes());
    }
}

/// Every command that saves, without its target.
const SAVING: [&[&str]; 4] = [
    &["run", "p-image", "x"],
    &["wait", "1zww7deyssrme0csqwr90phzzr"],
    &["download", "/v1/predictions/delivery/xezq/abc/output.jpg"],
    &["train", "photos", "-i", "default_caption=a dog"],
];

fn an_unusable_target_is_found_before_anything_is_sent() {
    let service = Service::start();
    service.write("lion.jpg", "mine");
    write_photos(&service);
    let _socket = std::os::unix::net::UnixListener::bind(service.path("socket")).unwrap();
    let long = "x".repeat(300);
    let mut targets = vec![
        (long.clone(), "File name too long"),
        (format!("{long}/"), "File name too long"),
        ("lion.jpg/".into(), "cannot write to lion.jpg/"),
        ("lion.jpg/deeper/".into(), "cannot write to lion.jpg/deeper/"),
        ("lion.jpg/x.jpg".into(), "the directory lion.jpg does not exist"),
        ("socket".into(), "it is a socket"),
    ];
    if cfg!(target_os = "linux") {
        // Nobody can create files there, not even root.
        targets.extend([
            ("/proc/lion.jpg".into(), "cannot write to /proc"),
            ("/proc/self/".into(), "cannot write to /proc"),
        ]);
    }
    for command in SAVING {
        for (target, error) in &targets {
            let run = service.run(&[command, &["-o", target]].concat());
            assert_eq!((run.code, run.stdout.as_str()), (6, ""), "{command:?} {run:?}");
            assert!(run.stderr.contains(error) && run.stderr.contains("hint: "), "{command:?} {run:?}");
        }
    }
    assert_eq!(service.emulator.requests().len(), 0);
    assert_eq!(service.files(), ["lion.jpg", "photos", "socket"]);
}

/// Runs the program in a shell, after some commands.
fn run_in_shell(service: &Service, before: &str, args: &[&str]) -> Run {
    let program = service.command(args);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{before} exec \"$@\""), "sh"]).arg(program.get_program()).args(program.get_args());
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(&service.dir);
    finish(shell, "")
}

fn a_working_directory_that_is_gone_is_found_before_anything_is_sent() {
    let service = Service::start();
    for command in &SAVING[..3] {
        for target in [&[][..], &["-o", "lion.jpg"]] {
            let args = [command, target].concat();
            let run = run_in_shell(&service, "mkdir gone && cd gone && rmdir ../gone;", &args);
            assert_eq!((run.code, run.stdout.as_str()), (6, ""), "{args:?} {run:?}");
            assert!(run.stderr.contains("cannot write"), "{args:?} {run:?}");
        }
    }
    assert_eq!(service.emulator.requests().len(), 0);
}

fn a_new_directory_appears_only_with_its_files() {
    let service = Service::start();
    let fail = Fault::Fail { error: "no".into() };
    service.emulator.faults().add(fail.on(Operation::CreatePrediction).first(1));
    assert_eq!(service.run(&["run", "p-image", "x", "-o", "new/deeper/"]).code, 1);
    assert_eq!(service.files(), [""; 0]);
    let run = service.run(&["run", "p-image", "x", "-o", "new/deeper/"]);
    assert!(run.code == 0 && run.stdout.starts_with("new/deeper/"), "{run:?}");
}

/// Links to a device from the working directory: whatever a test of `--force` does, it replaces the link at most.
fn link(service: &Service, name: &str, device: &str) {
    std::os::unix::fs::symlink(device, service.path(name)).unwrap();
}

fn a_device_is_written_to_and_never_replaced() {
    let service = Service::start();
    link(&service, "link", "/dev/null");
    for args in [&["-o", "/dev/null"][..], &["-o", "link"], &["-f", "-o", "link"]] {
        let target = args[args.len() - 1];
        let run = service.run(&[&["run", "p-image", "x"], args].concat());
        assert_eq!((run.code, run.stdout.as_str()), (0, format!("{target}\n").as_str()), "{run:?}");
        let json = service.run(&[&["run", "p-image", "x", "--json"], args].concat());
        assert!(json.json()["files"][0]["bytes"].as_u64().unwrap() > 1000, "{json:?}");
    }
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    assert!(service.path("link").symlink_metadata().unwrap().is_symlink());
    assert_eq!(service.files(), ["link"], "no temporary file");
}

fn a_full_device_is_an_error_that_shows_the_url() {
    let service = Service::start();
    link(&service, "link", "/dev/full");
    for args in
        [&["-o", "/dev/full", "--async"][..], &["-o", "/dev/full", "--json"], &["-o", "link"], &["-f", "-o", "link"]]
    {
        let run = service.run(&[&["run", "p-image", "x"], args].concat());
        assert_eq!((run.code, run.stdout.as_str()), (6, ""), "{run:?}");
        let url = run.stderr.split("`pruna download ").nth(1).unwrap_or_else(|| panic!("{run:?}"));
        let url = url.split(' ').next().unwrap();
        let saved = service.run(&["download", url, "-f", "-o", "lion.jpg"]);
        assert_eq!((saved.code, saved.stdout.as_str()), (0, "lion.jpg\n"), "{saved:?}");
    }
    assert!(service.path("link").symlink_metadata().unwrap().is_symlink());
}

fn a_pipe_receives_the_file() {
    let service = Service::start();
    assert!(Command::new("mkfifo").arg(service.path("pipe")).status().unwrap().success());
    for command in [&["run", "p-image", "x", "-o", "pipe"][..], &["run", "p-image", "x", "-o", "pipe", "-f"]] {
        let mut child = service.command(command).stdout(Stdio::piped()).spawn().unwrap();
        assert!(fs::read(service.path("pipe")).unwrap().starts_with(b"\xff\xd8\xff"));
        assert!(child.wait().unwrap().success());
        assert!(fs::metadata(service.path("pipe")).unwrap().file_type().is_fifo());
    }
}

fn the_path_of_stdout_appends_to_the_file_behind_it() {
    let service = Service::start();
    link(&service, "link", "/dev/stdout");
    for args in [&["-o", "-"][..], &["-o", "/dev/stdout"], &["-o", "/dev/fd/1"], &["-o", "link"], &["-f", "-o", "link"]]
    {
        let mut file = fs::File::create(service.path("all.bin")).unwrap();
        file.write_all(b"before").unwrap();
        let mut command = service.command(&[&["run", "p-image", "x"], args].concat());
        assert!(command.stdout(file).stderr(Stdio::null()).status().unwrap().success(), "{args:?}");
        assert!(fs::read(service.path("all.bin")).unwrap().starts_with(b"before\xff\xd8\xff"), "{args:?}");
    }
    assert_eq!(service.files(), ["all.bin", "link"]);
    assert!(service.path("link").symlink_metadata().unwrap().is_symlink());
}

#[cfg(target_os = "linux")]
fn a_file_on_stdout_is_streamed_in_bounded_memory() {
    const LENGTH: u64 = 200_000_000;
    let service = Service::start();
    service.emulator.faults().add(Fault::Flood { length: Some(LENGTH) }.on(Operation::DownloadContent));
    let mut command = service.command(&["run", "p-image", "x", "-o", "-"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut buffer = vec![0; 1 << 20];
    let (mut read, mut peak) = (0, 0);
    loop {
        let piece = stdout.read(&mut buffer).unwrap();
        read += piece as u64;
        if piece == 0 {
            break;
        }
        if read > LENGTH / 10 * 9 {
            let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
            peak = peak.max(line.trim().trim_end_matches(" kB").parse::<u64>().unwrap());
        }
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(read, LENGTH);
    assert!((1..100_000).contains(&peak), "{peak} kB");
}

fn one_file_that_cannot_be_saved_does_not_lose_the_others() {
    let service = Service::start();
    service.write("cups-1.png", "mine");
    let cups = ["run", "wan-image-small", "cups", "-i", "num_outputs=3", "-i", "output_format=png", "-o", "cups.png"];
    for mode in ["--sync", "--async"] {
        let run = service.run(&[&cups[..], &[mode]].concat());
        assert_eq!((run.code, run.stdout.as_str()), (6, ""), "{run:?}");
        assert!(run.stderr.contains("saved cups-0.png\nsaved cups-2.png\n"), "{run:?}");
        assert!(run.stderr.contains("error: cups-1.png already exists"), "{run:?}");
        let hint = run.stderr.split("`pruna download ").nth(1).unwrap_or_else(|| panic!("{run:?}"));
        assert_eq!(run.stderr.matches("/v1/predictions/delivery/").count(), 1, "{run:?}");
        let other = service.run(&["download", hint.split(' ').next().unwrap(), "-f", "-o", "other.png"]);
        assert_eq!((other.code, other.stdout.as_str()), (0, "other.png\n"), "{other:?}");
        assert_eq!(fs::read(service.path("cups-1.png")).unwrap(), b"mine");
        for name in ["cups-0.png", "cups-2.png", "other.png"] {
            assert!(fs::read(service.path(name)).unwrap().starts_with(b"\x89PNG"), "{name}");
            fs::remove_file(service.path(name)).unwrap();
        }
    }
}

fn files_of_a_synchronous_result_are_downloaded_by_the_command_in_the_hint() {
    let service = Service::start();
    service.emulator.faults().add(Fault::status(403).on(Operation::DownloadContent));
    let cups = ["run", "wan-image-small", "cups", "-i", "num_outputs=3", "--sync", "-o", "cups/"];
    let run = service.run(&cups);
    service.emulator.faults().clear();
    assert_eq!(run.code, 3, "{run:?}");
    let hint = run.stderr.lines().find(|line| line.starts_with("hint: ")).unwrap();
    assert!(hint.contains("`pruna download URL -o PATH` downloads each: "), "{run:?}");
    let urls: Vec<&str> = hint.split(' ').filter(|word| word.starts_with("http")).collect();
    assert_eq!(urls.len(), 3, "{hint}");
    for (number, url) in urls.iter().enumerate() {
        assert_eq!(service.run(&["download", url, "-o", &format!("{number}.png")]).code, 0);
    }
}

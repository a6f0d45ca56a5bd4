//! `run --reuse`: stored results instead of paying twice.

use libtest_mimic::Trial;
use serde_json::Value;

use crate::support::{Service, finish};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        an_equal_request_is_answered_from_the_store_and_costs_nothing,
        without_a_seed_nothing_is_used_again_unless_it_is_wanted,
        the_store_is_in_the_users_cache_directory_by_default,
    ]
}

fn an_equal_request_is_answered_from_the_store_and_costs_nothing() {
    let service = Service::start();
    let run = |output: &str| {
        // The budget would not cover a second one.
        service.run(&[
            "run",
            "p-image",
            "a lion",
            "-i",
            "seed=42",
            "--reuse=store",
            "--max-cost",
            "0.005",
            "-o",
            output,
        ])
    };
    let (first, again) = (run("a.jpg"), run("b.jpg"));
    assert_eq!((first.code, first.stdout.as_str()), (0, "a.jpg\n"), "{first:?}");
    assert_eq!((again.code, again.stdout.as_str()), (0, "b.jpg\n"), "{again:?}");
    assert!(again.stderr.contains("stored by an equal request"), "{again:?}");
    assert_eq!(std::fs::read(service.path("a.jpg")).unwrap(), std::fs::read(service.path("b.jpg")).unwrap());
    assert_eq!(service.sends("createPrediction"), 1);
    let json = service.run(&["run", "p-image", "a lion", "-i", "seed=42", "--reuse=store", "--json", "-o", "c.jpg"]);
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((report["reused"].as_bool(), report["files"][0]["path"].as_str()), (Some(true), Some("c.jpg")));
    let other = service.run(&["run", "p-image", "a lion", "-i", "seed=43", "--reuse=store", "--json", "-o", "d.jpg"]);
    assert!(!other.stdout.contains("reused") && service.sends("createPrediction") == 2, "{other:?}");
}

fn without_a_seed_nothing_is_used_again_unless_it_is_wanted() {
    for (flags, sends) in [(&["--reuse=store"][..], 2), (&["--reuse=store", "--unseeded"], 1)] {
        let service = Service::start();
        for output in ["a.jpg", "b.jpg"] {
            let run = service.run(&[&["run", "p-image", "a lion", "-o", output], flags].concat());
            assert_eq!(run.code, 0, "{run:?}");
        }
        assert_eq!(service.sends("createPrediction"), sends, "{flags:?}");
    }
}

fn the_store_is_in_the_users_cache_directory_by_default() {
    let service = Service::start();
    let args = ["run", "p-image", "a lion", "-i", "seed=1", "-f", "-o", "a.jpg", "--reuse"];
    for _ in 0..2 {
        let mut command = service.command(&args);
        command.env("XDG_CACHE_HOME", service.path("cache")).env("LOCALAPPDATA", service.path("cache"));
        command.env("HOME", service.path("home"));
        let ended = finish(command, "");
        assert_eq!(ended.code, 0, "{ended:?}");
    }
    assert_eq!(service.sends("createPrediction"), 1);
}

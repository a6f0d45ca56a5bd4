//! Help, lists, manual pages and completions.

use libtest_mimic::Trial;

use crate::support::{Service, bare, finish};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        the_help_of_every_command_matches_the_snapshot,
        the_lists_match_the_snapshot,
        the_json_of_a_model_is_its_schema,
        every_command_has_a_manual_page,
        completions_contain_every_command,
    ]
}

const COMMANDS: [&[&str]; 14] = [
    &["models"],
    &["models", "show"],
    &["run"],
    &["submit"],
    &["status"],
    &["wait"],
    &["download"],
    &["upload"],
    &["train"],
    &["batch"],
    &["spend"],
    &["emulator"],
    &["completions"],
    &["man"],
];

fn output(args: &[&str]) -> String {
    let mut command = bare();
    command.args(args);
    let run = finish(command, "");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    run.stdout
}

fn the_help_of_every_command_matches_the_snapshot() {
    let mut all = output(&["--help"]);
    for command in COMMANDS {
        let help = output(&[command, &["--help"]].concat());
        let examples = help.split("Examples:\n").nth(1).unwrap_or_default();
        assert!(examples.matches("pruna ").count() >= 2, "{command:?}");
        all += &format!("\n======== pruna {} --help\n{help}", command.join(" "));
    }
    insta::assert_snapshot!("help", all);
}

fn the_lists_match_the_snapshot() {
    let lists = [&["models"][..], &["models", "show", "wan-t2v"], &["models", "--json"]];
    insta::assert_snapshot!(
        "lists",
        lists.map(|args| format!("$ pruna {}\n{}", args.join(" "), output(args))).join("\n")
    );
}

fn the_json_of_a_model_is_its_schema() {
    for model in pruna::Model::all() {
        let schema: serde_json::Value =
            serde_json::from_str(&output(&["models", "show", model.as_str(), "--json"])).unwrap();
        assert_eq!(Some(&schema), model.schema());
        assert!(output(&["models", "show", model.as_str()]).contains("prompt") || model.as_str().ends_with("trainer"));
    }
}

fn every_command_has_a_manual_page() {
    let service = Service::start();
    assert_eq!(service.run(&["man", "pages"]).code, 0);
    for command in [&[][..]].into_iter().chain(COMMANDS) {
        let name = [&["pruna"], command].concat().join("-");
        let page = std::fs::read_to_string(service.path(&format!("pages/{name}.1"))).unwrap();
        assert!(page.contains(".SH NAME") && page.contains("Examples:"), "{name}");
    }
}

fn completions_contain_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = output(&["completions", shell]);
        assert!(COMMANDS.iter().all(|command| script.contains(command[0])), "{shell}");
    }
    // The script is valid in the shell.
    let script = output(&["completions", "bash"]);
    let mut bash = std::process::Command::new("bash");
    bash.args(["-n", "/dev/stdin"]);
    let checked = finish(bash, &script);
    assert_eq!((checked.code, checked.stderr.as_str()), (0, ""));
}

//! The example with two keys.

use pruna_emulator::{Emulator, secret_hash};

use crate::{
    program::Program,
    support::{file_type, requests},
};

pub(crate) async fn two_keys() {
    let emulator = Emulator::builder().api_key("pru_first").additional_api_key("pru_second");
    let emulator = emulator.additional_api_key("pru_next").speed(0.02).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let program = Program::new("two_keys", folder.path()).with(&emulator).args(["."]);
    program.env("PRUNA_SECOND_API_KEY", "pru_second").env("PRUNA_NEXT_API_KEY", "pru_next").run().await;
    assert_eq!(file_type(folder.path().join("waves.mp4")), "mp4");
    assert_eq!(file_type(folder.path().join("lion.jpg")), "jpg");

    let keys = |operation: &str| -> Vec<String> {
        let sent = requests(&emulator, operation);
        sent.iter().map(|request| request.header("apikey").unwrap_or_default().to_owned()).collect()
    };
    let [first, second, next] = ["pru_first", "pru_second", "pru_next"].map(secret_hash);
    assert_eq!(keys("createPrediction"), [first.clone(), second.clone()]);
    for operation in ["getPredictionStatus", "downloadContent"] {
        let keys = keys(operation);
        assert!(keys.contains(&next) && keys.contains(&second), "{keys:?}");
        assert!(!keys.contains(&first), "{operation}: {keys:?}");
    }
    assert!(emulator.requests().iter().all(|request| request.status != Some(401)));
}

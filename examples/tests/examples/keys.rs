//! The example with two keys.

use pruna_emulator::Emulator;

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
    assert_eq!(keys("createPrediction"), ["pru_first", "pru_second"]);
    for operation in ["getPredictionStatus", "downloadContent"] {
        let keys = keys(operation);
        assert!(keys.iter().any(|key| key == "pru_next") && keys.iter().any(|key| key == "pru_second"), "{keys:?}");
        assert!(keys.iter().all(|key| key != "pru_first"), "{operation}: {keys:?}");
    }
    assert!(emulator.requests().iter().all(|request| request.status != Some(401)));
}

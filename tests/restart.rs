//! The service stops while many jobs run, and restarts.

use std::time::Duration;

use futures_util::future::join_all;
use pruna::{Error, Generation, Request, inputs::WanT2v, limits::Limits};
use pruna_emulator::{
    Emulator,
    faults::{Fault, Operation},
};

use crate::support::{self, sends};

const JOBS: usize = 200;

#[tokio::test]
async fn every_job_ends_in_its_true_state_and_none_is_submitted_twice() {
    let emulator = Emulator::builder().speed(1.0).start().await.unwrap();
    emulator.faults().add(Fault::Fail { error: "out of memory".into() }.on(Operation::CreatePrediction).every(7));
    emulator.faults().add(Fault::Cancel.on(Operation::CreatePrediction).every(5));
    let client = support::builder(&emulator).limits(Limits::none()).build().unwrap();
    let submissions = (0..JOBS).map(|number| client.submit(Request::from(WanT2v::new(format!("wave {number}")))));
    let jobs: Vec<_> = join_all(submissions).await.into_iter().map(Result::unwrap).collect();

    let waits = join_all(jobs.iter().map(|job| job.wait()));
    let (ends, ()) = tokio::join!(waits, async {
        while sends(&emulator, "getPredictionStatus") < JOBS {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        emulator.shutdown().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        // The jobs continue while the server is stopped.
        emulator.advance(Duration::from_secs(3600));
        emulator.restart().await.unwrap();
    });

    let mut kinds = std::collections::BTreeMap::<String, usize>::new();
    for record in emulator.predictions() {
        let index = jobs.iter().position(|job| job.id() == Some(&record.id)).expect("a job that nobody submitted");
        let end = state(&ends[index]);
        assert_eq!(end, record.status, "{:?}", ends[index]);
        *kinds.entry(end.to_owned()).or_default() += 1;
        if let Err(error) = &ends[index] {
            assert_eq!(error.job(), jobs[index].job_ref().as_ref());
        }
    }
    assert_eq!((emulator.predictions().len(), sends(&emulator, "createPrediction")), (JOBS, JOBS));
    assert_eq!(kinds.len(), 3, "{kinds:?}");
}

fn state(end: &Result<Generation, Error>) -> &'static str {
    match end {
        Ok(_) => "succeeded",
        Err(error) if error.is_prediction_failed() => "failed",
        Err(error) if error.is_canceled() => "canceled",
        Err(_) => "lost",
    }
}

//! Fault injection: errors between a client and the service, for tests of clients.
//!
//! A [`Rule`] combines a [`Fault`], an [`Operation`] and a condition ([`When`]). Add rules with
//! [`Emulator::faults`](crate::Emulator::faults):
//!
//! ```
//! use pruna_emulator::Emulator;
//! use pruna_emulator::faults::{Fault, Operation};
//!
//! #[tokio::main]
//! async fn main() -> std::io::Result<()> {
//!     let emulator = Emulator::builder().start().await?;
//!     let faults = emulator.faults();
//!
//!     // The second status request gets a truncated response.
//!     faults.add(Fault::Truncate { after: 10 }.on(Operation::GetPredictionStatus).nth(2));
//!
//!     // ... run the code under test ...
//!
//!     assert_eq!(faults.injected(Operation::GetPredictionStatus), 0);
//!     Ok(())
//! }
//! ```
//!
//! Or send them as JSON to `POST /_emulator/faults`:
//!
//! ```json
//! {"operation": "getPredictionStatus", "when": {"nth": 2}, "fault": {"kind": "truncate", "after": 10}}
//! ```

mod active;
mod fault;
mod operation;
mod rule;

pub use active::{Faults, RuleState};
pub use fault::{Fault, UrlForm};
pub use operation::Operation;
pub use rule::{Rule, When};

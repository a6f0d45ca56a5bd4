//! A service without sockets: rate limits per minute, and jobs that take their time. Exact on tokio's paused clock, which
//! must not be used with sockets: it jumps ahead while bytes are in transit.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use pruna::{
    Client, ClientBuilder, Model,
    poll::FixedInterval,
    test_util::{self, QueuedResponses, RecordedRequest},
};
use serde_json::{Value, json};
use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);

/// The simulated service. Clones share their state.
#[derive(Clone)]
pub(crate) struct Service {
    state: Arc<Mutex<State>>,
}

/// A request that the service received.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) operation: &'static str,
    pub(crate) path: String,
    pub(crate) status: u16,
    /// Time since the start of the service.
    pub(crate) time: Duration,
}

/// How a service counts requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counting {
    /// By minutes of the clock.
    Fixed,
    /// In every period of a minute.
    Sliding,
    /// A bucket of a tenth of the limit, which fills evenly.
    Bucket,
}

struct State {
    started: Instant,
    /// How the documented limits on submissions are enforced, if they are.
    limits: Option<Counting>,
    /// Whether responses report the limit.
    has_headers: bool,
    /// Time of the service's minute at the start.
    phase: Duration,
    /// Factor on the typical durations of the models.
    speed: f64,
    /// Share by which durations differ from each other in both directions.
    spread: f64,
    /// Status requests per minute that are accepted, in fixed windows.
    status_limit: Option<usize>,
    /// Number of the minute, and status requests in it.
    status_window: (u64, usize),
    /// The hint for the next poll, in seconds.
    poll_interval: Option<u64>,
    /// By job: how long after its end it was first reported as succeeded.
    lateness: HashMap<usize, Duration>,
    /// Wait with which the first submission is rejected.
    rejection: Option<Duration>,
    /// When each job ends.
    jobs: Vec<Instant>,
    /// By model, the times of accepted submissions; in a bucket, the time at which it is full again.
    accepted: HashMap<Model, VecDeque<Duration>>,
    received: Vec<Received>,
}

impl Service {
    /// Starts a service without limits, whose jobs end at once.
    pub(crate) fn new() -> Self {
        let state = State {
            started: Instant::now(),
            limits: None,
            has_headers: true,
            phase: Duration::ZERO,
            speed: 0.0,
            spread: 0.0,
            status_limit: None,
            status_window: (0, 0),
            poll_interval: None,
            lateness: HashMap::new(),
            rejection: None,
            jobs: Vec::new(),
            accepted: HashMap::new(),
            received: Vec::new(),
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Enforces the documented limits on submissions, in fixed windows of a minute.
    pub(crate) fn with_limits(self) -> Self {
        self.counting(Counting::Fixed, true, Duration::ZERO)
    }

    /// Enforces the documented limits on submissions. `phase` is the time of the service's minute at the start.
    pub(crate) fn counting(self, limits: Counting, has_headers: bool, phase: Duration) -> Self {
        {
            let mut state = self.state.lock().unwrap();
            (state.limits, state.has_headers, state.phase) = (Some(limits), has_headers, phase);
        }
        self
    }

    /// Makes jobs take a multiple of the typical duration of their model.
    pub(crate) fn with_speed(self, factor: f64) -> Self {
        self.state.lock().unwrap().speed = factor;
        self
    }

    /// Makes durations differ from each other, evenly by up to this share in both directions.
    pub(crate) fn with_spread(self, share: f64) -> Self {
        self.state.lock().unwrap().spread = share;
        self
    }

    /// Enforces a limit of status requests per minute.
    pub(crate) fn with_status_limit(self, per_minute: usize) -> Self {
        self.state.lock().unwrap().status_limit = Some(per_minute);
        self
    }

    /// Names an interval between polls in every response, in seconds.
    pub(crate) fn with_poll_interval(self, seconds: u64) -> Self {
        self.state.lock().unwrap().poll_interval = Some(seconds);
        self
    }

    /// Rejects the first submission with a wait.
    pub(crate) fn rejecting_first(self, retry_after: Duration) -> Self {
        self.state.lock().unwrap().rejection = Some(retry_after);
        self
    }

    /// Creates a client with a configuration.
    pub(crate) fn client_with(&self, builder: ClientBuilder) -> Client {
        let state = Arc::clone(&self.state);
        let responses = QueuedResponses::new().respond_with(move |request| state.lock().unwrap().respond(request));
        test_util::client_with(builder, &responses).unwrap()
    }

    /// Creates a client that polls every two milliseconds.
    pub(crate) fn client(&self) -> Client {
        self.client_with(Client::builder().poll_policy(FixedInterval::new(Duration::from_millis(2))))
    }

    /// Returns the requests of an operation, in order.
    pub(crate) fn received(&self, operation: &str) -> Vec<Received> {
        let state = self.state.lock().unwrap();
        state.received.iter().filter(|request| request.operation == operation).cloned().collect()
    }

    /// Returns the number of submissions that were rejected because of a rate limit.
    pub(crate) fn rejections(&self) -> usize {
        self.rejections_of("createPrediction")
    }

    /// Returns the number of requests of an operation that were rejected because of a rate limit.
    pub(crate) fn rejections_of(&self, operation: &str) -> usize {
        self.received(operation).iter().filter(|request| request.status == 429).count()
    }

    /// Returns how long after its end each finished job was reported as succeeded, in seconds, in ascending order.
    pub(crate) fn lateness(&self) -> Vec<f64> {
        let state = self.state.lock().unwrap();
        let mut lateness: Vec<f64> = state.lateness.values().map(Duration::as_secs_f64).collect();
        lateness.sort_unstable_by(f64::total_cmp);
        lateness
    }
}

impl State {
    fn respond(&mut self, request: &RecordedRequest) -> http::Response<Bytes> {
        let path = request.url.path();
        let (operation, response) = match (request.method.as_str(), path.strip_prefix("/v1/predictions")) {
            ("POST", Some(_)) => ("createPrediction", self.submit(request)),
            ("GET", Some(_)) => ("getPredictionStatus", self.status(path)),
            _ => ("uploadFile", self.upload()),
        };
        let (status, time) = (response.status().as_u16(), self.started.elapsed());
        self.received.push(Received { operation, path: path.to_owned(), status, time });
        response
    }

    fn submit(&mut self, request: &RecordedRequest) -> http::Response<Bytes> {
        let model = Model::from(request.headers["model"].to_str().unwrap().to_owned());
        if let Some(wait) = self.rejection.take() {
            return rejected(&wait.as_secs().to_string());
        }
        let mut response = match self.limits {
            Some(limits) => self.count(limits, &model),
            None => http::Response::default(),
        };
        if response.status() == http::StatusCode::TOO_MANY_REQUESTS {
            return response;
        }
        // Multiples of the golden ratio are spread evenly.
        let place = (self.jobs.len() as f64 * 0.618_033_988_75).fract() * 2.0 - 1.0;
        let factor = self.speed * (1.0 + self.spread * place);
        let duration = Duration::from_secs_f64(model.info().typical_seconds * factor);
        self.jobs.push(Instant::now() + duration);
        let (id, path) = (self.jobs.len() - 1, "/v1/predictions/status");
        *response.status_mut() = http::StatusCode::CREATED;
        *response.body_mut() = json!({"id": id.to_string(), "get_url": format!("{path}/{id}")}).to_string().into();
        response
    }

    /// Counts a submission. Returns a rejection, or a response with the headers that report the limit.
    fn count(&mut self, limits: Counting, model: &Model) -> http::Response<Bytes> {
        let limit = model.info().requests_per_minute.unwrap();
        let now = self.started.elapsed() + self.phase;
        let accepted = self.accepted.entry(model.clone()).or_default();
        let (is_accepted, remaining, reset) = match limits {
            Counting::Bucket => in_bucket(accepted, limit, now),
            _ => {
                let minute = Duration::from_secs(now.as_secs() / 60 * 60);
                let is_past = |time: &Duration| match limits {
                    Counting::Fixed => *time < minute,
                    _ => *time + MINUTE <= now,
                };
                while accepted.front().is_some_and(is_past) {
                    accepted.pop_front();
                }
                let is_accepted = accepted.len() < limit as usize;
                if is_accepted {
                    accepted.push_back(now);
                }
                let remaining = limit - accepted.len() as u32;
                let awaited = if remaining == 0 { accepted.front() } else { accepted.back() };
                let start = if limits == Counting::Fixed { Some(&minute) } else { awaited };
                (is_accepted, remaining, start.map_or(MINUTE, |start| *start + MINUTE - now))
            }
        };
        let mut response = if is_accepted { http::Response::default() } else { rejected(&ceil(reset)) };
        if self.has_headers {
            let headers = [("limit", limit.to_string()), ("remaining", remaining.to_string()), ("reset", ceil(reset))];
            for (name, value) in headers {
                let name: http::HeaderName = format!("ratelimit-{name}").parse().unwrap();
                response.headers_mut().insert(name, value.parse().unwrap());
            }
        }
        response
    }

    fn status(&mut self, path: &str) -> http::Response<Bytes> {
        let minute = self.started.elapsed().as_secs() / 60;
        let (last, count) = self.status_window;
        self.status_window = (minute, if minute == last { count + 1 } else { 1 });
        if self.status_limit.is_some_and(|limit| self.status_window.1 > limit) {
            return rejected("1");
        }
        let id: usize = path.rsplit('/').next().unwrap().parse().unwrap();
        let (end, now) = (self.jobs[id], Instant::now());
        let mut response = json_response(match end <= now {
            true => json!({"id": id.to_string(), "status": "succeeded", "generation_url": "/v1/files/x.jpg"}),
            false => json!({"id": id.to_string(), "status": "processing"}),
        });
        if end <= now {
            self.lateness.entry(id).or_insert(now - end);
        }
        if let Some(seconds) = self.poll_interval {
            response.headers_mut().insert("x-poll-interval", seconds.into());
        }
        response
    }

    fn upload(&self) -> http::Response<Bytes> {
        let number = self.received.len();
        json_response(json!({"id": number.to_string(), "urls": {"get": format!("/v1/files/{number}")}}))
    }
}

/// Counts in a bucket that is full at the only time in `full`. Returns whether there was a token, how many are left, and the
/// time until the next one, or until it is full.
fn in_bucket(full: &mut VecDeque<Duration>, limit: u32, now: Duration) -> (bool, u32, Duration) {
    let token = MINUTE / limit;
    let capacity = token * (limit / 10).max(1);
    let missing = full.pop_front().unwrap_or_default().saturating_sub(now);
    let is_accepted = missing + token <= capacity;
    let missing = if is_accepted { missing + token } else { missing };
    full.push_back(now + missing);
    let remaining = (capacity - missing).as_nanos() / token.as_nanos();
    let reset = if remaining == 0 { missing + token - capacity } else { missing };
    (is_accepted, remaining as u32, reset)
}

/// Returns whole seconds, at least one, as services report them.
fn ceil(time: Duration) -> String {
    time.as_secs_f64().ceil().max(1.0).to_string()
}

fn json_response(body: Value) -> http::Response<Bytes> {
    http::Response::new(body.to_string().into())
}

fn rejected(retry_after: &str) -> http::Response<Bytes> {
    let mut response = json_response(json!({"message": "API rate limit exceeded"}));
    *response.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
    response.headers_mut().insert(http::header::RETRY_AFTER, retry_after.parse().unwrap());
    response
}

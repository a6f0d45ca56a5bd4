//! The state of one rate limit: what was sent in the last minute, and what the service says about it.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use super::{Limit, Urgency, headers::RateLimitHeaders, pace::Pace, reserve::Reserve, shared::Quota, trial::Trial};

/// The period of a limit. Requests do not arrive as evenly as they are sent, so it is slightly longer than a minute.
const MINUTE: Duration = Duration::from_millis(60_200);
/// The period of a limit of zero, which would never allow a request otherwise.
const HOUR: Duration = Duration::from_secs(3600);
/// Pause after a rejection that names no wait.
const REJECTION_PAUSE: Duration = Duration::from_secs(1);
/// Windows that end within this time of each other are the same: ends are reported in whole seconds.
const SAME_WINDOW: Duration = Duration::from_secs(2);
/// Share of a limit from which on a rejection is explained by requests that arrived together, not by a stricter limit.
const NEARLY_ALL: f64 = 0.9;

/// The state of one rate limit.
#[derive(Debug)]
pub(super) struct Window {
    limit: Limit,
    /// Share of the limit that may be sent at once after a pause.
    burst: f64,
    /// When this client sent its requests of the last minute.
    sent: VecDeque<(Instant, Urgency)>,
    /// What batches leave to other requests.
    reserve: Reserve,
    /// What the service last reported: the number of requests left, and the end of its window.
    report: Option<(u32, Instant)>,
    /// The end of the pause after a rejection.
    paused_until: Option<Instant>,
    /// Requests whose responses are awaited before more are sent.
    trial: Option<Trial>,
    /// Whether the service's window has ended since it reported that nothing is left: it may be earlier than ours.
    is_renewed: bool,
    /// The even pace that the caller asked for.
    own_pace: Option<Pace>,
    /// The even pace that a limit requires which is stricter than known.
    learned_pace: Option<Pace>,
}

impl Window {
    pub(super) fn new(limit: Limit, burst: f64) -> Self {
        let trial = requests(limit).map(|count| Trial::opening(count / 10));
        Self {
            limit,
            burst,
            sent: VecDeque::new(),
            reserve: Reserve::default(),
            report: None,
            paused_until: None,
            trial,
            is_renewed: false,
            own_pace: own_pace(limit, burst),
            learned_pace: None,
        }
    }

    /// Takes one request from the limit, or returns how long to wait before trying again.
    pub(super) fn try_acquire(&mut self, urgency: Urgency) -> Result<(), Duration> {
        let now = Instant::now();
        let reserved = self.reserved(now, urgency);
        self.take(now, urgency, reserved)
    }

    /// Takes one request of a batch from the whole limit, or returns how long to wait before trying again.
    pub(super) fn try_acquire_overdue(&mut self) -> Result<(), Duration> {
        self.take(Instant::now(), Urgency::Batch, 0)
    }

    /// Returns how many requests must be left to others.
    fn reserved(&mut self, now: Instant, urgency: Urgency) -> u32 {
        match urgency {
            Urgency::Interactive => 0,
            Urgency::Batch => {
                self.forget_past(now);
                self.reserve.left(now, requests(self.limit))
            }
        }
    }

    fn take(&mut self, now: Instant, urgency: Urgency, reserved: u32) -> Result<(), Duration> {
        self.forget_past(now);
        self.check(now, reserved)?;
        self.sent.push_back((now, urgency));
        self.reserve.sent(now, urgency);
        if let Some((remaining, _)) = &mut self.report {
            *remaining = remaining.saturating_sub(1);
        }
        self.trial.iter_mut().for_each(|trial| trial.take(now));
        self.own_pace.iter_mut().chain(&mut self.learned_pace).for_each(|pace| pace.take(now));
        Ok(())
    }

    /// Returns how long a request that somebody waits for has to wait if it comes after `ahead` others.
    pub(super) fn expected_wait(&self, ahead: u32) -> Duration {
        let now = Instant::now();
        let paused = self.paused_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        let trial = self.trial.as_ref().map_or(Duration::ZERO, |trial| trial.wait(now, ahead));
        let own_pace = self.own_pace.as_ref().map_or(Duration::ZERO, |pace| pace.wait(now, ahead));
        let told = paused.max(trial).max(own_pace);
        let reported = self.report.filter(|(_, until)| *until > now);
        match reported {
            Some((remaining, _)) if remaining > ahead && self.trusts_reports() => told,
            Some((remaining, until)) if remaining <= ahead => told.max(until - now).max(self.log_wait(now, ahead, 0)),
            _ => {
                let pace = self.learned_pace.as_ref().map_or(Duration::ZERO, |pace| pace.wait(now, ahead));
                told.max(pace).max(self.log_wait(now, ahead, 0))
            }
        }
    }

    /// Returns how many of `count` requests may be sent at once, at least one, or how long to wait before trying again.
    pub(super) fn available(&mut self, urgency: Urgency, count: u32) -> Result<u32, Duration> {
        let now = Instant::now();
        let reserved = self.reserved(now, urgency);
        self.forget_past(now);
        self.check(now, reserved)?;
        let paces = self.own_pace.iter().chain(&self.learned_pace).map(|pace| pace.available(now));
        let trial = self.trial.iter().map(Trial::left);
        let reported = self.report.iter().map(|(remaining, _)| remaining.saturating_sub(reserved));
        Ok(paces.chain(trial).chain(reported).fold(count, u32::min).max(1))
    }

    /// Returns the rule for processes that share the limit. `None` if there is no limit.
    pub(super) fn quota(&self) -> Option<Quota> {
        let (limit, period) = match requests(self.limit)? {
            0 => (1, HOUR),
            limit => (limit, MINUTE),
        };
        let (burst, interval) = self.own_pace.as_ref().map_or((limit, Duration::ZERO), Pace::burst_and_interval);
        Some(Quota { limit, period, burst, interval })
    }

    /// Learns from a response.
    pub(super) fn update(&mut self, is_rejected: bool, headers: &RateLimitHeaders) {
        let now = Instant::now();
        self.forget_past(now);
        self.learn_limit(headers);
        if is_rejected {
            return self.rejected(now, headers.retry_after.unwrap_or(REJECTION_PAUSE));
        }
        (self.trial, self.is_renewed) = (None, false);
        if let Some(pace) = &mut self.learned_pace {
            pace.succeeded(now);
        }
        let Some((remaining, reset)) = headers.remaining else { return };
        if remaining == 0 && self.is_next_token(reset) {
            // A bucket is empty that is smaller than the limit: its tokens come one by one.
            self.report = None;
            self.slow_down(now, false);
            return;
        }
        let until = now + reset;
        // Responses arrive late and in any order: within one window, only the lowest number counts.
        let is_same = |known: Instant| known.max(until) - known.min(until) < SAME_WINDOW;
        let known = self.report.filter(|(_, known)| is_same(*known));
        self.report = Some(known.map_or((remaining, until), |(known, end)| (remaining.min(known), until.min(end))));
    }

    /// Checks every limit for the next request, which must leave `reserved` others.
    fn check(&self, now: Instant, reserved: u32) -> Result<(), Duration> {
        if let Some(until) = self.paused_until {
            return Err(until - now);
        }
        self.trial.as_ref().map_or(Ok(()), |trial| trial.check(now))?;
        self.own_pace.as_ref().map_or(Ok(()), |pace| pace.check(now))?;
        match self.report {
            Some((0, until)) => return Err(until - now),
            // The service knows best: its window may have begun anew, or others use the same key.
            Some((remaining, until)) if remaining <= reserved => return Err(until - now),
            Some(_) if self.trusts_reports() => return Ok(()),
            _ => {}
        }
        self.learned_pace.as_ref().map_or(Ok(()), |pace| pace.check(now))?;
        match self.log_wait(now, 0, reserved) {
            Duration::ZERO => Ok(()),
            // The one request of the trial shows whether the service's window has begun anew.
            _ if self.is_renewed && self.trusts_reports() => Ok(()),
            wait => Err(wait),
        }
    }

    /// Returns how long a request after `ahead` others has to wait until its minute contains less than the limit, without what is
    /// reserved.
    fn log_wait(&self, now: Instant, ahead: u32, reserved: u32) -> Duration {
        let Some(limit) = requests(self.limit) else { return Duration::ZERO };
        let (limit, period) = match limit {
            0 => (1, HOUR),
            limit => (limit.saturating_sub(reserved).max(1) as usize, MINUTE),
        };
        let place = self.sent.len() + ahead as usize;
        // Each request is sent a period after the one that is `limit` places before it.
        let end = self.sent.len().max(limit);
        if place < end {
            return Duration::ZERO;
        }
        let periods = (place - end) / limit + 1;
        let model = self.sent.get(place - periods * limit).map_or(now, |(sent, _)| *sent);
        (model + period * u32::try_from(periods).unwrap_or(u32::MAX)).saturating_duration_since(now)
    }

    /// Drops what no longer matters.
    fn forget_past(&mut self, now: Instant) {
        let period = if requests(self.limit) == Some(0) { HOUR } else { MINUTE };
        while let Some((sent, urgency)) = self.sent.front()
            && *sent + period <= now
        {
            self.reserve.past(*urgency);
            self.sent.pop_front();
        }
        self.paused_until = self.paused_until.filter(|until| *until > now);
        if let Some((remaining, until)) = self.report
            && until <= now
        {
            self.report = None;
            if remaining == 0 {
                (self.is_renewed, self.trial) = (true, Some(Trial::single()));
            }
        }
        if self.trial.as_ref().is_some_and(|trial| trial.is_over(now)) {
            (self.trial, self.is_renewed) = (None, false);
        }
        self.learned_pace = self.learned_pace.take().filter(|pace| !pace.is_over(now));
    }

    fn rejected(&mut self, now: Instant, wait: Duration) {
        let until = now + wait;
        self.paused_until = Some(self.paused_until.map_or(until, |known| known.max(until)));
        (self.report, self.is_renewed, self.trial) = (None, false, Some(Trial::single()));
        let is_stricter =
            requests(self.limit).is_some_and(|limit| (self.sent.len() as f64) < f64::from(limit) * NEARLY_ALL);
        if is_stricter {
            self.slow_down(now, true);
        }
    }

    /// Goes over to an even pace, which becomes slower with every rejection.
    fn slow_down(&mut self, now: Instant, is_rejected: bool) {
        let Some(limit) = requests(self.limit) else { return };
        let pace = self.learned_pace.get_or_insert_with(|| Pace::learned(limit, now));
        if is_rejected {
            pace.rejected(now);
        } else {
            pace.confirmed(now);
        }
    }

    /// Whether a reset, in whole seconds, is just the time until a bucket has its next token, although this client has not used
    /// up the limit.
    fn is_next_token(&self, reset: Duration) -> bool {
        let Some(limit) = requests(self.limit) else { return false };
        let token = (60.0 / f64::from(limit.max(1))).ceil();
        (self.sent.len() as f64) < f64::from(limit) * NEARLY_ALL && reset.as_secs_f64() <= token
    }

    /// Whether the service's count may lift this client's own. A limit that the caller set may be a share of the service's.
    fn trusts_reports(&self) -> bool {
        !matches!(self.limit, Limit::Set(_))
    }

    fn learn_limit(&mut self, headers: &RateLimitHeaders) {
        let learned = self.limit.learn(headers.per_minute);
        if learned == self.limit {
            return;
        }
        self.limit = learned;
        self.own_pace = own_pace(self.limit, self.burst);
        self.learned_pace = None;
    }
}

/// Returns the number of requests per minute.
fn requests(limit: Limit) -> Option<u32> {
    match limit {
        Limit::Documented(limit) | Limit::Set(limit) => Some(limit),
        Limit::None => None,
    }
}

/// Returns the pace that keeps a limit if only a share of it may be sent at once.
fn own_pace(limit: Limit, burst: f64) -> Option<Pace> {
    let limit = requests(limit).filter(|limit| *limit > 0)?;
    (burst < 1.0).then(|| Pace::even(limit, burst))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(remaining: u32, reset: u64) -> RateLimitHeaders {
        let reset = Duration::from_secs(reset);
        RateLimitHeaders { remaining: Some((remaining, reset)), retry_after: Some(reset), ..Default::default() }
    }

    /// Sends requests one after the other, each with its response; returns when the last one was sent, in seconds.
    async fn send(window: &mut Window, count: u32, headers: impl Fn(u32) -> RateLimitHeaders) -> f64 {
        let start = Instant::now();
        for number in 0..count {
            while let Err(wait) = window.try_acquire(Urgency::Interactive) {
                tokio::time::sleep(wait.max(Duration::from_millis(1))).await;
            }
            window.update(false, &headers(number));
        }
        start.elapsed().as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn the_whole_limit_is_sent_at_once_and_again_a_minute_later() {
        for (count, expected) in [(500, 0.0), (501, 60.2), (1000, 60.2), (1001, 120.4), (5000, 541.8)] {
            let mut window = Window::new(Limit::Documented(500), 1.0);
            let took = send(&mut window, count, |_| RateLimitHeaders::default()).await;
            assert!((took - expected).abs() < 0.1, "{count}: {took}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_share_of_the_burst_leaves_an_even_pace() {
        let mut window = Window::new(Limit::Set(600), 0.1);
        let took = send(&mut window, 60, |_| RateLimitHeaders::default()).await;
        assert!(took < 0.1, "{took}");
        let took = send(&mut window, 540, |_| RateLimitHeaders::default()).await;
        assert!((59.0..61.0).contains(&took), "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_of_the_service_that_ends_earlier_is_used_at_once() {
        let mut window = Window::new(Limit::Documented(100), 1.0);
        // The service counts from an earlier minute on, which ends after ten seconds.
        send(&mut window, 100, |number| report(99 - number, 10)).await;
        let took = send(&mut window, 100, |number| report(99 - number, 60)).await;
        assert!((10.0..10.1).contains(&took), "{took}");
        // A limit that the caller set is kept whatever the service says.
        let mut window = Window::new(Limit::Set(100), 1.0);
        send(&mut window, 100, |number| report(99 - number, 10)).await;
        let took = send(&mut window, 1, |_| report(99, 60)).await;
        assert!((60.0..60.3).contains(&took), "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn requests_of_others_count() {
        let mut window = Window::new(Limit::Documented(100), 1.0);
        let took =
            send(&mut window, 21, |number| if number < 20 { report(19 - number, 30) } else { report(99, 60) }).await;
        assert!((30.0..30.1).contains(&took), "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_empty_bucket_is_followed_at_its_pace() {
        let mut window = Window::new(Limit::Documented(500), 1.0);
        let bucket = |number: u32| if number < 49 { report(49 - number, 6) } else { report(0, 1) };
        let took = send(&mut window, 60, bucket).await;
        assert!((1.2..1.5).contains(&took), "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_rejection_below_the_limit_slows_down_until_the_pace_holds() {
        let mut window = Window::new(Limit::Documented(600), 1.0);
        send(&mut window, 30, |_| RateLimitHeaders::default()).await;
        window.update(true, &RateLimitHeaders::default());
        assert_eq!(window.expected_wait(0), REJECTION_PAUSE);
        let took = send(&mut window, 20, |_| RateLimitHeaders::default()).await;
        assert!((2.0..6.0).contains(&took), "{took}");
        // At the limit, a rejection only says that some arrived together.
        let mut window = Window::new(Limit::Documented(10), 1.0);
        send(&mut window, 10, |_| RateLimitHeaders::default()).await;
        window.update(true, &RateLimitHeaders::default());
        assert!(window.learned_pace.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_expected_wait_is_the_wait_that_follows() {
        for (limit, burst) in [
            (Limit::Set(500), 1.0),
            (Limit::Documented(7), 1.0),
            (Limit::None, 1.0),
            (Limit::Set(1), 1.0),
            (Limit::Set(500), 0.05),
            (Limit::Set(0), 1.0),
        ] {
            let mut window = Window::new(limit, burst);
            send(&mut window, 1, |_| RateLimitHeaders::default()).await;
            for ahead in [0, 1, 3, 40] {
                let expected = window.expected_wait(ahead).as_secs_f64();
                let took = send(&mut window, ahead + 1, |_| RateLimitHeaders::default()).await;
                // tokio's timers have a resolution of a millisecond.
                assert!((-0.001..0.05).contains(&(took - expected)), "{limit:?} after {ahead}: {took}, not {expected}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_rejection_counts_in_the_expected_wait() {
        let mut window = Window::new(Limit::Set(500), 1.0);
        window.update(true, &RateLimitHeaders { retry_after: Some(Duration::from_secs(42)), ..Default::default() });
        assert_eq!(window.expected_wait(0), Duration::from_secs(42));
    }

    #[tokio::test(start_paused = true)]
    async fn at_first_a_tenth_is_sent_until_a_response_or_a_moment_later() {
        let mut window = Window::new(Limit::Documented(500), 1.0);
        let at_once = (0..500).take_while(|_| window.try_acquire(Urgency::Interactive).is_ok()).count();
        assert_eq!(at_once, 50);
        let wait = window.try_acquire(Urgency::Interactive).unwrap_err();
        assert!(wait <= Duration::from_millis(40), "{wait:?}");
        window.update(false, &RateLimitHeaders::default());
        assert_eq!((0..500).take_while(|_| window.try_acquire(Urgency::Interactive).is_ok()).count(), 450);
    }
}

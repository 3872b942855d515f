//! Metrics for Prometheus, on the admin listener only (contract §9).
//!
//! No label holds what a client chooses: a route is its pattern, and a method that no route takes is `other`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::Method;
use keywright_domain::StoreError;
use keywright_domain::health::Figures;
use keywright_domain::security_event::{SecurityCounters, SecurityEvent};
use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};
use tokio::time::Instant;

/// Upper bounds of the latencies, in seconds: from a read of the store to a device that waits.
const BUCKETS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0];

/// Time limit for the health check, and for counting.
pub const PATIENCE: Duration = Duration::from_millis(1800);

/// A count may read every session. One that takes longer than this is kept for so many times as long as it took, so
/// that nobody who scrapes often keeps the store busy.
const CHEAP: Duration = Duration::from_millis(250);
const REST: u32 = 50;

/// The counters of this server. One for all workers.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    events: IntCounterVec,
    kept: Arc<Mutex<Option<Kept>>>,
}

/// Cached gauges of the store, if counting succeeded, until the next count.
#[derive(Clone, Copy, Debug)]
struct Kept {
    figures: Option<Figures>,
    until: Instant,
}

impl Metrics {
    /// Nothing counted yet.
    pub fn new() -> Result<Self, prometheus::Error> {
        let requests = IntCounterVec::new(
            Opts::new("keywright_http_requests_total", "Requests that were answered."),
            &["route", "method", "status"],
        )?;
        let durations = HistogramVec::new(
            HistogramOpts::new(
                "keywright_http_request_duration_seconds",
                "How long requests took to answer.",
            )
            .buckets(BUCKETS.to_vec()),
            &["route", "method"],
        )?;
        let events = IntCounterVec::new(
            Opts::new("keywright_security_events_total", "What mattered for security, seen by this server."),
            &["event"],
        )?;
        let build = IntGaugeVec::new(Opts::new("keywright_build_info", "What runs."), &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        // What has not happened yet is 0 from the start, so that its first time is a rise.
        for event in SecurityEvent::all() {
            events.with_label_values(&[event.as_str()]);
        }
        let registry = Registry::new();
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(durations.clone()))?;
        registry.register(Box::new(events.clone()))?;
        registry.register(Box::new(build))?;
        Ok(Self { registry, requests, durations, events, kept: Arc::default() })
    }

    /// Counts an answer. `route` is a pattern, never a path.
    pub fn answered(&self, route: &str, method: &Method, status: u16, duration: Duration) {
        let method = known(method);
        self.requests.with_label_values(&[route, method, &status.to_string()]).inc();
        self.durations.with_label_values(&[route, method]).observe(duration.as_secs_f64());
    }

    /// The result of `count`, cached if it took long.
    pub async fn counted<F>(&self, count: impl FnOnce() -> F) -> Option<Figures>
    where
        F: Future<Output = Result<Figures, StoreError>>,
    {
        let began_at = Instant::now();
        let kept = *self.kept();
        if let Some(kept) = kept.filter(|kept| began_at < kept.until) {
            return kept.figures;
        }
        let figures = match tokio::time::timeout(PATIENCE, count()).await {
            Ok(Ok(figures)) => Some(figures),
            Ok(Err(error)) => {
                tracing::error!(error.cause = %error, "the store cannot be counted");
                None
            }
            Err(_) => None,
        };
        let took = began_at.elapsed();
        let rest = if took < CHEAP { Duration::ZERO } else { took * REST };
        *self.kept() = Some(Kept { figures, until: Instant::now() + rest });
        figures
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything as text, with the `figures` of the store, if it could be counted.
    pub fn text(&self, is_up: bool, figures: Option<&Figures>) -> Result<Vec<u8>, prometheus::Error> {
        let mut families = self.registry.gather();
        families.extend(of_store(is_up, figures)?.gather());
        let mut text = Vec::new();
        TextEncoder::new().encode(&families, &mut text)?;
        Ok(text)
    }
}

impl SecurityCounters for Metrics {
    fn count(&self, event: SecurityEvent) {
        self.events.with_label_values(&[event.as_str()]).inc();
    }
}

/// A registry of one moment: what is unknown just now is not there, rather than old.
fn of_store(is_up: bool, figures: Option<&Figures>) -> Result<Registry, prometheus::Error> {
    let registry = Registry::new();
    let gauge = |name: &str, help: &str, value: u64| {
        let gauge = IntGauge::new(name, help)?;
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        registry.register(Box::new(gauge))
    };
    gauge("keywright_store_up", "Whether the store could be asked.", u64::from(is_up))?;
    let Some(figures) = figures else { return Ok(registry) };
    gauge("keywright_sessions_live", "Sessions that are neither ended nor expired.", figures.live_sessions)?;
    gauge("keywright_mail_due", "Mails that wait to be delivered.", figures.due_mails)?;
    gauge("keywright_mail_dead", "Mails that were given up.", figures.dead_mails)?;
    if let Some(waiting) = figures.waiting_writes {
        gauge("keywright_store_writes_waiting", "Writes that wait for the one writer.", waiting)?;
    }
    Ok(registry)
}

fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(metrics: &Metrics, figures: Option<&Figures>) -> String {
        String::from_utf8(metrics.text(figures.is_some(), figures).unwrap()).unwrap()
    }

    fn figures(live_sessions: u64) -> Figures {
        Figures { live_sessions, due_mails: 2, dead_mails: 1, waiting_writes: None }
    }

    #[tokio::test(start_paused = true)]
    async fn what_took_long_to_count_is_kept_and_what_did_not_is_counted_anew() {
        let metrics = Metrics::new().unwrap();
        let at_once = |live| async move { Ok(figures(live)) };
        let slowly = async {
            tokio::time::sleep(CHEAP).await;
            Ok(figures(3))
        };

        assert_eq!(metrics.counted(|| at_once(1)).await, Some(figures(1)));
        assert_eq!(metrics.counted(|| at_once(2)).await, Some(figures(2)));
        assert_eq!(metrics.counted(|| slowly).await, Some(figures(3)));
        assert_eq!(metrics.counted(|| at_once(4)).await, Some(figures(3)));
        *metrics.kept() = None;
        let failed = metrics.counted(|| async { Err(StoreError::unavailable("down")) }).await;
        assert_eq!(failed, None);
        assert_eq!(metrics.counted(|| at_once(5)).await, Some(figures(5)));
    }

    #[test]
    fn what_a_client_chooses_is_no_label() {
        let metrics = Metrics::new().unwrap();

        for number in 0..100 {
            let method = Method::from_bytes(format!("M{number}").as_bytes()).unwrap();
            metrics.answered("none", &method, 404, Duration::ZERO);
        }

        let text = text(&metrics, None);
        assert!(
            text.contains(r#"keywright_http_requests_total{method="other",route="none",status="404"} 100"#)
        );
        assert_eq!(text.matches("keywright_http_requests_total{").count(), 1);
    }

    #[test]
    fn what_has_not_happened_is_zero_and_what_is_unknown_is_not_there() {
        let metrics = Metrics::new().unwrap();
        metrics.count(SecurityEvent::CsrfRejected);
        let figures = figures(3);

        let (down, up) = (text(&metrics, None), text(&metrics, Some(&figures)));

        assert!(down.contains("keywright_store_up 0") && !down.contains("keywright_sessions_live"));
        assert!(up.contains("keywright_store_up 1") && up.contains("\nkeywright_sessions_live 3\n"));
        assert!(up.contains("\nkeywright_mail_due 2\n") && up.contains("\nkeywright_mail_dead 1\n"));
        assert!(!up.contains("keywright_store_writes_waiting"));
        assert!(up.contains("keywright_security_events_total{event=\"csrf_rejected\"} 1"));
        assert!(up.contains("keywright_security_events_total{event=\"refresh_reuse_detected\"} 0"));
    }
}

//! Rate, errors and duration of every route.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry};
use std::time::Instant;

/// Metrics of one listener's requests.
#[derive(Debug, Clone)]
pub struct RequestMetrics {
    requests: IntCounterVec,
    seconds: HistogramVec,
    in_flight: IntGauge,
}

impl RequestMetrics {
    /// Registers `banjjak_http_requests_total`, `banjjak_http_request_seconds` and `banjjak_http_requests_in_flight`, told apart by
    /// `listener`.
    pub fn register(registry: &Registry, listener: &str) -> Result<Self, prometheus::Error> {
        let named =
            |name: &str, help: &str| Opts::new(name, help).const_label("listener", listener);
        let requests = IntCounterVec::new(
            named("banjjak_http_requests_total", "Requests answered."),
            &["route", "method", "status"],
        )?;
        let options = HistogramOpts::new(
            "banjjak_http_request_seconds",
            "From the request's head to the answer's head.",
        )
        .const_label("listener", listener)
        .buckets(vec![
            0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
        ]);
        let seconds = HistogramVec::new(options, &["route", "method"])?;
        let in_flight = IntGauge::with_opts(named(
            "banjjak_http_requests_in_flight",
            "Requests being answered.",
        ))?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        registry.register(Box::new(in_flight.clone()))?;
        Ok(Self {
            requests,
            seconds,
            in_flight,
        })
    }

    /// The layer, for `axum::middleware::from_fn_with_state`.
    pub async fn layer(
        axum::extract::State(metrics): axum::extract::State<Self>,
        request: Request,
        next: Next,
    ) -> Response {
        let began = Instant::now();
        let route = request.extensions().get::<MatchedPath>().cloned();
        let method = known(request.method());
        let flight = InFlight::new(&metrics.in_flight);
        let response = next.run(request).await;
        drop(flight);
        let route = route.as_ref().map_or("none", MatchedPath::as_str);
        metrics
            .requests
            .with_label_values(&[route, method, response.status().as_str()])
            .inc();
        metrics
            .seconds
            .with_label_values(&[route, method])
            .observe(began.elapsed().as_secs_f64());
        response
    }
}

/// Counts down also when the client goes and the handler is dropped.
struct InFlight(IntGauge);

impl InFlight {
    fn new(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Clients can make methods up; labels must stay few.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

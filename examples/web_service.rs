//! A web service with progress events that resumes its jobs after a restart: `cargo run -p pruna-examples --example web_service -- 127.0.0.1:3000 jobs.jsonl`
//!
//!     POST /images               {"prompt": "a lion at dusk"}: submits, returns the id
//!     GET  /images/{id}/events   progress as server-sent events
//!     GET  /images/{id}          the image, streamed

use std::{collections::HashMap, convert::Infallible, io, path::PathBuf, sync::Arc};

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response, Result, Sse, sse},
    routing::{get, post},
};
use futures_util::{Stream, StreamExt as _};
use pruna::{Client, ErrorKind, Event, JobRef, inputs::PImage};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{fs, io::AsyncWriteExt as _, net::TcpListener, sync::RwLock};

/// The client and the jobs, which are also in a file: one line of JSON for each.
struct Service {
    client: Client,
    file: PathBuf,
    jobs: RwLock<HashMap<String, JobRef>>,
}

impl Service {
    async fn new(client: Client, file: PathBuf) -> io::Result<Self> {
        let mut jobs = HashMap::new();
        if fs::try_exists(&file).await? {
            for line in fs::read_to_string(&file).await?.lines() {
                let job: JobRef = serde_json::from_str(line)?;
                jobs.insert(job.id().to_owned(), job);
            }
        }
        Ok(Self { client, file, jobs: RwLock::new(jobs) })
    }

    async fn add(&self, job: JobRef) -> io::Result<()> {
        let line = serde_json::to_string(&job)? + "\n";
        let mut jobs = self.jobs.write().await;
        let mut file = fs::OpenOptions::new().create(true).append(true).open(&self.file).await?;
        file.write_all(line.as_bytes()).await?;
        file.flush().await?;
        jobs.insert(job.id().to_owned(), job);
        Ok(())
    }

    async fn find(&self, id: &str) -> Result<JobRef> {
        let job = self.jobs.read().await.get(id).cloned();
        Ok(job.ok_or((StatusCode::NOT_FOUND, "there is no such image\n"))?)
    }
}

#[derive(Deserialize)]
struct Order {
    prompt: String,
}

async fn submit(State(service): State<Arc<Service>>, Json(order): Json<Order>) -> Result<(StatusCode, Json<Value>)> {
    // Does not wait for the rate limit: the response has `Retry-After` instead.
    let job = service.client.try_submit(PImage::new(order.prompt)).await.map_err(failure)?;
    let job = job.job_ref().ok_or(StatusCode::BAD_GATEWAY)?;
    let id = job.id().to_owned();
    service.add(job).await.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok((StatusCode::ACCEPTED, Json(json!({"id": id}))))
}

async fn events(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>> {
    let job = service.client.attach(service.find(&id).await?);
    Ok(Sse::new(job.watch().map(|event| Ok(server_sent(event)))).keep_alive(sse::KeepAlive::default()))
}

fn server_sent(event: pruna::Result<Event>) -> sse::Event {
    let (name, data) = match event {
        Ok(Event::Started { expected, .. }) => ("started", json!({"expected": expected.as_secs_f64()})),
        Ok(Event::Polled { status, elapsed, .. }) => {
            ("polled", json!({"status": status, "elapsed": elapsed.as_secs_f64()}))
        }
        Ok(Event::Finished(image)) => ("finished", json!({"id": image.id()})),
        Ok(_) => ("waiting", json!({})),
        Err(error) => ("failed", json!({"message": error.message()})),
    };
    sse::Event::default().event(name).data(data.to_string())
}

async fn image(State(service): State<Arc<Service>>, Path(id): Path<String>) -> Result<Response> {
    let job = service.client.attach(service.find(&id).await?);
    let Some(image) = job.try_wait().await.map_err(failure)? else {
        return Ok((StatusCode::ACCEPTED, "the image is not finished yet\n").into_response());
    };
    let content = image.file(0).map_err(failure)?.open().await.map_err(failure)?;
    let content_type = [(header::CONTENT_TYPE, content.content_type().to_owned())];
    let content_length = content.content_length().map(|length| [(header::CONTENT_LENGTH, length.to_string())]);
    Ok((content_type, content_length, Body::from_stream(content)).into_response())
}

fn failure(error: pruna::Error) -> impl IntoResponse {
    let status = match error.kind() {
        ErrorKind::InvalidInput => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Expired => StatusCode::GONE,
        _ => StatusCode::BAD_GATEWAY,
    };
    let seconds = error.retry_after().map(|delay| delay.as_secs_f64().ceil().to_string());
    (status, seconds.map(|seconds| [(header::RETRY_AFTER, seconds)]), error.message().to_owned())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(file)) = (arguments.next(), arguments.next()) else {
        return Err("usage: web_service ADDRESS FILE".into());
    };
    let service = Service::new(Client::from_env()?, file.into()).await?;
    let router = Router::new()
        .route("/images", post(submit))
        .route("/images/{id}/events", get(events))
        .route("/images/{id}", get(image))
        .with_state(Arc::new(service));
    let listener = TcpListener::bind(address).await?;
    println!("Listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}

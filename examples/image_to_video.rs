//! Sets a picture in motion and shows the progress: `cargo run --example image_to_video -- kite.jpg kite.mp4`
#![allow(clippy::print_stdout)]

use pruna::{
    Client, Event, Media,
    inputs::{Resolution, WanI2v},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [image, path] = &std::env::args().skip(1).collect::<Vec<_>>()[..] else {
        return Err("usage: image_to_video IMAGE OUTPUT".into());
    };
    let input =
        WanI2v::new("the kite rises, the camera follows it slowly", Media::path(image)).resolution(Resolution::R480P);
    let job = Client::from_env()?.submit(input).await?;
    // Kept somewhere, this line is enough to go on after a crash.
    println!("Job: {}", serde_json::to_string(&job.job_ref())?);

    let mut events = job.watch();
    while let Some(event) = events.next().await {
        match event? {
            Event::Polled { status, elapsed, expected, .. } => {
                println!("{status}: {elapsed:.0?} of about {expected:.0?}")
            }
            Event::PollFailed { reason, .. } => println!("polling failed: {reason}"),
            Event::Finished(video) => println!("Saved {}", video.save(path).await?.path.display()),
            _ => {}
        }
    }
    Ok(())
}

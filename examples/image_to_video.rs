//! A video from an image, with progress: `cargo run -p pruna-examples --example image_to_video -- kite.jpg kite.mp4`

use pruna::{
    Client, Event, Media,
    inputs::{Resolution, WanI2v},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(image), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("usage: image_to_video IMAGE OUTPUT".into());
    };
    let input =
        WanI2v::new("the kite rises, the camera follows it slowly", Media::path(image)).resolution(Resolution::R480P);
    let job = Client::from_env()?.submit(input).await?;
    // Store this line to resume the job after a crash: see the example web_service.
    println!("Job: {}", serde_json::to_string(&job.job_ref())?);

    let mut events = job.watch();
    while let Some(event) = events.next().await {
        match event? {
            Event::Started { expected, .. } => println!("Started, usually takes {expected:.0?}"),
            Event::Polled { status, elapsed, expected, .. } => {
                println!("{status}: {elapsed:.0?} of about {expected:.0?}");
            }
            Event::PollFailed { reason, .. } => println!("A status request failed and is repeated: {reason}"),
            Event::Finished(video) => println!("Saved {}", video.save(&path).await?.path.display()),
            _ => {}
        }
    }
    Ok(())
}

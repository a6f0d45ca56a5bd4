//! The gallery of a batch in a browser.

use std::fmt::Write as _;

use libtest_mimic::Trial;
use pruna_emulator::faults::{Fault, Operation};
use serde_json::json;

use crate::{
    browser::{self, Page},
    harness::requiring,
    support::Service,
};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    let in_browser = trials![two_thousand_items_are_filtered_scrolled_and_played, the_gallery_fits_a_narrow_window];
    let mut trials = requiring("chromium", browser::find().is_some(), in_browser);
    trials.extend(trials![a_batch_of_two_thousand_items_is_completed]);
    trials
}

/// Texts that would have an effect if they were interpreted as markup.
const HOSTILE: [&str; 4] = [
    "</script><script>window.broken = 1</script>",
    "<img src=x onerror=\"window.broken = 2\">",
    "<!-- <b>bold</b> &amp; '\"` ${window.broken = 3} \u{2028} {{7*7}}",
    "a lion at dusk\nin two lines",
];

const IMAGES: usize = 1980;
const VIDEOS: usize = 10;
const FAILURES: usize = 10;

/// Runs a batch of 2,000 items (images, failures, videos) and returns the path of its gallery.
fn batch(service: &Service) -> std::path::PathBuf {
    let mut lines = String::new();
    for number in 0..IMAGES {
        let prompt = format!("{} no. {number}", HOSTILE[number % HOSTILE.len()]);
        let size = json!({"prompt": prompt, "seed": number, "aspect_ratio": "custom", "width": 256, "height": 256});
        writeln!(lines, "{}", json!({"model": "p-image", "input": size})).unwrap();
    }
    for number in 0..FAILURES {
        let input = json!({"prompt": format!("doomed {number}")});
        writeln!(lines, "{}", json!({"model": "z-image-turbo", "input": input})).unwrap();
    }
    for number in 0..VIDEOS {
        let line = json!({"model": "wan-t2v", "input": {"prompt": format!("waves {number}")}, "name": format!("waves {number}")});
        writeln!(lines, "{line}").unwrap();
    }
    service.write("items.jsonl", lines);
    let fail = Fault::Fail { error: "<script>window.broken = 4</script> the model gave up".into() };
    service.emulator.faults().add(fail.on(Operation::CreatePrediction).model("z-image-turbo"));
    let run = service.run(&["batch", "items.jsonl", "-o", "out", "--concurrency", "64", "--limits", "off"]);
    assert_eq!(run.code, 1, "{run:?}");
    service.path("out/index.html")
}

fn a_batch_of_two_thousand_items_is_completed() {
    let service = Service::start();
    let page = std::fs::read_to_string(batch(&service)).unwrap();
    assert_eq!(page.matches("\"index\":").count(), IMAGES + FAILURES + VIDEOS);
    let texts = HOSTILE.into_iter().filter(|text| text.contains('<'));
    assert!(texts.into_iter().all(|text| !page.contains(text)), "texts are escaped");
}

fn two_thousand_items_are_filtered_scrolled_and_played() {
    let service = Service::start();
    let page = batch(&service);
    let mut page = Page::open(&page, 1280, 900);
    let total = IMAGES + VIDEOS + FAILURES;
    let summary = page.value("document.querySelector('#summary').textContent");
    // Failed predictions are billed, too.
    assert_eq!(summary, "1990 of 2000 succeeded, estimated cost $10.45");
    assert_eq!(page.value("document.querySelector('#count').textContent"), format!("{total} shown"));

    // Prompts are shown as text.
    assert_eq!(page.value("typeof window.broken"), "undefined");
    let prompts = page.value("[...document.querySelectorAll('.prompt')].slice(0, 4).map(p => p.textContent)");
    for (number, hostile) in HOSTILE.iter().enumerate() {
        assert_eq!(prompts[number], format!("{hostile} no. {number}"));
    }

    // Only the visible items are rendered and loaded; scrolling renders the rest.
    let rendered = "document.querySelectorAll('article').length";
    assert!(page.value(rendered).as_u64().unwrap() < 200);
    page.until("document.querySelector('article img').naturalWidth === 256");
    for _ in 0..4 {
        page.wheel(5000);
        page.value("new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))");
    }
    page.until("document.querySelectorAll('article').length > 200");
    page.until(&format!("(scrollTo(0, document.body.scrollHeight), {rendered} === {total})"));

    // Items can be filtered by text, outcome and model.
    page.value("scrollTo(0, 0)");
    page.click("#text");
    page.type_text("seven <B>bold");
    assert_eq!(page.value("document.querySelector('#count').textContent"), "0 shown");
    page.value("document.querySelector('#text').select()");
    page.type_text("<img no. 1977");
    assert_eq!(page.value("[...document.querySelectorAll('.seed')].map(s => s.textContent)"), json!(["seed 1977"]));
    page.value("document.querySelector('#text').select()");
    page.type_text("gave up");
    let reasons = page.value("[...document.querySelectorAll('.reason')].map(r => r.textContent)");
    assert_eq!(reasons.as_array().unwrap().len(), FAILURES);
    assert!(reasons[0].as_str().unwrap().contains("<script>window.broken = 4</script> the model gave up"));
    page.value(
        "(() => { document.querySelector('#filters').reset(); const list = document.querySelector('#model'); \
         list.value = 'wan-t2v'; list.dispatchEvent(new Event('input', {bubbles: true})); })()",
    );
    assert_eq!(page.value(rendered), VIDEOS);

    // Videos can be played.
    page.value("document.querySelector('video').play()");
    page.until("document.querySelector('video').currentTime > 0.3");
    assert_eq!(page.value("typeof window.broken"), "undefined");
    page.value(
        "document.querySelector('#model').value = ''; \
        document.querySelector('#filters').dispatchEvent(new Event('input', {bubbles: true}))",
    );
    assert_eq!(page.value("document.querySelector('#count').textContent"), format!("{total} shown"));
}

fn the_gallery_fits_a_narrow_window() {
    let service = Service::start();
    service.write(
        "items.csv",
        "model,prompt\np-image,a lion at dusk\np-image,a very-long-word-without-any-blanks-that-goes-on-and-on\n",
    );
    assert_eq!(service.run(&["batch", "items.csv", "-o", "out"]).code, 0);
    let mut page = Page::open(&service.path("out/index.html"), 320, 600);
    page.until("document.querySelector('article img').naturalWidth > 0");
    assert_eq!(page.value("document.documentElement.scrollWidth <= innerWidth"), true);
    assert!(page.screenshot().starts_with("iVBOR"), "a PNG");
}

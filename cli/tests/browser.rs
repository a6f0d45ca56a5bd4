//! A headless Chromium, controlled with the DevTools protocol over a pipe.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

/// Names of the browser's executable.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Returns the name of an installed browser.
pub(crate) fn find() -> Option<&'static str> {
    let runs = |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success());
    NAMES.into_iter().find(runs)
}

/// A page in a browser. Dropping it closes the browser.
pub(crate) struct Page {
    browser: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: Option<String>,
    last_id: u64,
    is_loaded: bool,
    _profile: tempfile::TempDir,
}

impl Page {
    /// Opens a file in a window of this size.
    pub(crate) fn open(path: &Path, width: u32, height: u32) -> Self {
        let name = find().expect("a browser is installed");
        let profile = tempfile::tempdir().unwrap();
        // The browser reads commands from descriptor 3 and answers on descriptor 4. `timeout` ends it after a minute.
        let arguments = "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --remote-debugging-pipe";
        let script = format!(
            "exec timeout -k 5 60 {name} {arguments} --user-data-dir={} 3<&0 4>&1 0</dev/null 1>/dev/null",
            profile.path().display()
        );
        let mut command = Command::new("sh");
        command.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut browser = command.spawn().unwrap();
        let (to, from) = (browser.stdin.take().unwrap(), BufReader::new(browser.stdout.take().unwrap()));
        let mut page = Self { browser, to, from, session: None, last_id: 0, is_loaded: false, _profile: profile };
        let target = page.call("Target.createTarget", json!({"url": "about:blank"}));
        let target = json!({"targetId": target["targetId"], "flatten": true});
        page.session = page.call("Target.attachToTarget", target)["sessionId"].as_str().map(str::to_owned);
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        page.call("Emulation.setDeviceMetricsOverride", size);
        page.call("Page.enable", json!({}));
        page.call("Page.navigate", json!({"url": format!("file://{}", path.display())}));
        page.wait_until_loaded();
        page
    }

    /// Calls a method of the protocol.
    pub(crate) fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.last_id += 1;
        let mut message = json!({"id": self.last_id, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let mut answer = self.read_message();
            if answer["id"] == self.last_id {
                assert_eq!(answer.get("error"), None, "{method}");
                return answer["result"].take();
            }
        }
    }

    /// Reads the next message: an answer or an event.
    fn read_message(&mut self) -> Value {
        let mut message = Vec::new();
        self.from.read_until(0, &mut message).unwrap();
        let message: Value = serde_json::from_slice(message.strip_suffix(b"\0").expect("the browser answers")).unwrap();
        self.is_loaded |= message["method"] == "Page.loadEventFired";
        message
    }

    /// Waits until the page and its resources are loaded.
    fn wait_until_loaded(&mut self) {
        while !self.is_loaded {
            self.read_message();
        }
    }

    /// Evaluates an expression in the page; awaits it if it is a promise.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let parameters =
            json!({"expression": expression, "returnByValue": true, "awaitPromise": true, "userGesture": true});
        let mut answer = self.call("Runtime.evaluate", parameters);
        assert_eq!(answer.get("exceptionDetails"), None, "{expression}");
        answer["result"]["value"].take()
    }

    /// Waits until an expression is true.
    pub(crate) fn until(&mut self, expression: &str) {
        let frames = "new Promise(done => requestAnimationFrame(() => setTimeout(done, 10)))";
        for _ in 0..1000 {
            if self.value(expression) == true {
                return;
            }
            self.value(frames);
        }
        panic!("never true: {expression}");
    }

    /// Clicks on the center of an element.
    pub(crate) fn click(&mut self, selector: &str) {
        let center = self.value(&format!(
            "(() => {{ const box = document.querySelector({selector:?}).getBoundingClientRect(); \
             return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": center[0], "y": center[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Types text into the focused element.
    pub(crate) fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", json!({"text": text}));
    }

    /// Turns the mouse wheel.
    pub(crate) fn wheel(&mut self, pixels: i32) {
        let event = json!({"type": "mouseWheel", "x": 400, "y": 400, "deltaX": 0, "deltaY": pixels});
        self.call("Input.dispatchMouseEvent", event);
    }

    /// Takes a screenshot, as a PNG in base64.
    pub(crate) fn screenshot(&mut self) -> String {
        self.call("Page.captureScreenshot", json!({"format": "png"}))["data"].as_str().unwrap().to_owned()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // The browser exits when its pipe closes.
        let _ = self.browser.kill();
        let _ = self.browser.wait();
    }
}

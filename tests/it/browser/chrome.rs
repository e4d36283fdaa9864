//! Chromium with a profile of its own, driven over WebDriver.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};

use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{PATIENCE, http, lines_of, look_for};

/// What to say where there is no browser. The tests fail then: a sale that nobody watched is not known to work.
const INSTALL: &str = "the browser tests need Chromium and its driver: apt-get install chromium chromium-driver \
                       fonts-noto-cjk (Debian), or chromium-browser and chromium-chromedriver elsewhere";

/// How often a driver is started: the port it takes by itself may be another's by the time it listens.
const STARTS: usize = 3;

/// How a browser differs from the usual one: Chinese, with scripts, as wide as a desk.
#[derive(Clone, Copy)]
pub(super) struct Profile {
    pub(super) language: &'static str,
    pub(super) scripts: bool,
}

impl Default for Profile {
    fn default() -> Profile {
        Profile { language: "zh-CN", scripts: true }
    }
}

/// A browser. Ends with its driver, whatever becomes of the test.
pub(super) struct Chrome {
    pub(super) client: Client,
    devtools: String,
    http: reqwest::Client,
    _driver: Driver,
    _folder: TempDir,
}

impl Chrome {
    pub(super) async fn start() -> Chrome {
        Chrome::with(Profile::default()).await
    }

    pub(super) async fn with(profile: Profile) -> Chrome {
        let driver = Driver::start().await;
        let folder = tempfile::tempdir().expect("a folder for the profile");
        let url = format!("http://127.0.0.1:{}", driver.port);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let wanted = wishes(&profile, &folder);
        builder.capabilities(wanted.as_object().expect("an object").clone());
        let client = match builder.connect(&url).await {
            Ok(client) => client,
            Err(error) => panic!("Chromium did not start ({error}); {INSTALL}"),
        };
        let session = client.session_id().await.unwrap().expect("a session");
        let devtools = format!("{url}/session/{session}");
        let http = http();
        Chrome { client, devtools, http, _driver: driver, _folder: folder }
    }

    pub(super) async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url} did not load: {error}"));
    }

    /// Runs a script in the page and returns what it returns.
    pub(super) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Waits until an expression in the page is true.
    pub(super) async fn wait(&self, what: &str, expression: &str) {
        let script = format!("return !!({expression})");
        // A page that is being left cannot answer, which is no reason to give up.
        self.until(what, async || (self.client.execute(&script, vec![]).await.ok()? == true).then_some(()))
            .await;
    }

    /// Waits until there is something to see; fails with the text of the page where there never is.
    pub(super) async fn until<T>(&self, what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
        match look_for(look).await {
            Some(seen) => seen,
            None => {
                let (page, console) = (self.page_text().await, self.complaints(&[]).await);
                panic!(
                    "waited in vain for {what} on the page\n{page}\nwith this on its console\n{console:#?}"
                );
            }
        }
    }

    /// Clicks an element of the page as a hand would, once it can be clicked.
    pub(super) async fn click(&self, css: &str) {
        self.press(css, async || self.client.find(Locator::Css(css)).await).await;
    }

    /// Finds an element and clicks it. Where something lies over it or it was just replaced, looks again.
    pub(super) async fn press(&self, what: &str, find: impl AsyncFn() -> Result<Element, CmdError>) {
        self.until(what, async || find().await.ok()?.click().await.ok()).await;
    }

    /// The text of an element of the page, once it is there.
    pub(super) async fn text(&self, css: &str) -> String {
        self.until(css, async || self.client.find(Locator::Css(css)).await.ok()?.text().await.ok()).await
    }

    async fn page_text(&self) -> String {
        let script = "return location.href + '\\n' + document.body.innerText + '\\n' + \
            [...document.querySelectorAll('matcha-lock')].map(lock => lock.shadowRoot?.textContent).join('\\n')";
        let text = self.client.execute(script, vec![]).await;
        text.map_or_else(|error| error.to_string(), |text| text.as_str().unwrap_or_default().to_owned())
    }

    /// Types one key to whatever has the focus.
    pub(super) async fn key(&self, key: char) {
        let strokes = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key });
        self.client.perform_actions(strokes).await.unwrap();
    }

    /// Opens a window beside this one and turns to it.
    pub(super) async fn open_window(&self) {
        let window = self.client.new_window(false).await.unwrap();
        self.client.switch_to_window(window.handle).await.unwrap();
    }

    /// Gives a command of the DevTools protocol.
    pub(super) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.ask("goog/cdp/execute", &body).await
    }

    /// What the console has complained about since the last time, but for what the test expects.
    pub(super) async fn complaints(&self, expected: &[&str]) -> Vec<String> {
        let entries = self.ask("se/log", &json!({ "type": "browser" })).await;
        let entries = entries.as_array().expect("a list").iter();
        let told = entries.filter(|entry| entry["level"] != "INFO" && entry["level"] != "DEBUG");
        let told = told.map(|entry| entry["message"].as_str().unwrap_or("").to_owned());
        told.filter(|text| !expected.iter().any(|known| text.contains(known))).collect()
    }

    async fn ask(&self, verb: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}/{verb}", self.devtools)).json(body);
        let mut answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert!(answer["value"]["error"].is_null(), "{verb} {body}: {answer}");
        answer["value"].take()
    }
}

fn wishes(profile: &Profile, folder: &TempDir) -> Value {
    let scripts = if profile.scripts { 1 } else { 2 };
    json!({
        "goog:loggingPrefs": { "browser": "ALL" },
        "goog:chromeOptions": {
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
                "--no-first-run", "--disable-background-networking", "--disable-component-update",
                "--disable-sync", "--no-proxy-server", "--hide-scrollbars", "--window-size=1280,800",
                format!("--lang={}", profile.language), format!("--user-data-dir={}", folder.path().display()),
            ],
            "prefs": {
                "intl.accept_languages": profile.language,
                "profile.default_content_setting_values.javascript": scripts,
            },
        },
    })
}

/// The process between the test and its browser.
struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    async fn start() -> Driver {
        for _ in 0..STARTS {
            let mut process = Command::new("chromedriver")
                .arg("--port=0")
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap_or_else(|error| panic!("chromedriver did not start ({error}); {INSTALL}"));
            let mut lines = lines_of(&mut process);
            let port = async {
                while let Some(line) = lines.recv().await {
                    let port =
                        line.split_once("successfully on port ").map(|(_, port)| port.trim_end_matches('.'));
                    if let Some(port) = port {
                        return Some(port.parse().expect("a port"));
                    }
                }
                None
            };
            let port = tokio::time::timeout(PATIENCE, port).await.expect("chromedriver says where it is");
            if let Some(port) = port {
                return Driver { process, port };
            }
            drop(process.wait());
        }
        panic!("chromedriver ended before it was ready; {INSTALL}");
    }

    /// Asks the driver to close its browser and itself, over a plain socket: there is no runtime to await on in a drop.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.write_all(b"GET /shutdown HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        socket.read_to_end(&mut Vec::new()).map(drop)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.shut_down());
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

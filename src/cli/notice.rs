//! `matcha notice parse` runs texts through the rules; `matcha notice send` acts as a phone.

use std::io::{BufRead as _, Write as _};

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Failure, say};
use crate::app::rules_of;
use crate::clock::Clock;
use crate::config::RawConfig;
use crate::domain::channel::Channel;
use crate::domain::id::DeviceId;
use crate::domain::money::Fen;
use crate::domain::notice::{Reading, Rules, Seen};
use crate::domain::time::Millis;
use crate::rng::Rng;
use crate::webhook::phone::Phone;

/// `matcha notice …`
#[derive(Subcommand, Debug)]
pub(super) enum Notice {
    /// Read notices from standard input, one JSON object a line: {"package","title","text"}
    Parse,
    /// Post one notice as a paired phone
    Send(Send),
}

impl Notice {
    pub(super) async fn run(self, raw: &RawConfig) -> Result<(), Failure> {
        match self {
            Notice::Parse => parse(raw),
            Notice::Send(send) => send.run().await,
        }
    }
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    package: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    big_text: Option<String>,
    #[serde(default)]
    ticker: Option<String>,
    #[serde(default)]
    channel_id: Option<String>,
    #[serde(default)]
    ongoing: Option<bool>,
    #[serde(default)]
    group_summary: Option<bool>,
}

#[derive(Serialize)]
struct Answer<'a> {
    receipt: bool,
    channel: Option<Channel>,
    amount: Option<Fen>,
    payer: Option<&'a str>,
    remark: Option<&'a str>,
    rule: Option<&'a str>,
}

/// One answer a line, in order; a line that is no JSON object is an answer too, so that nothing gets out of step.
fn parse(raw: &RawConfig) -> Result<(), Failure> {
    let rules = rules_of(&raw.data().join("rules.toml"))?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = match serde_json::from_str::<Line>(&line) {
            Ok(line) => answer(&rules, &line)?,
            Err(error) => serde_json::to_string(&json!({ "receipt": false, "error": error.to_string() }))?,
        };
        match writeln!(out, "{answer}") {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            result => result?,
        }
    }
    Ok(out.flush()?)
}

fn answer(rules: &Rules, line: &Line) -> Result<String, serde_json::Error> {
    let reading = rules.read(&Seen {
        package: &line.package,
        title: line.title.as_deref().unwrap_or(""),
        text: line.text.as_deref().unwrap_or(""),
        big_text: line.big_text.as_deref(),
        ticker: line.ticker.as_deref(),
        channel_id: line.channel_id.as_deref(),
        ongoing: line.ongoing.unwrap_or(false),
        group_summary: line.group_summary.unwrap_or(false),
    });
    let receipt = match &reading {
        Reading::Receipt(receipt) => Some(receipt),
        Reading::Refused { .. } | Reading::Hint { .. } | Reading::Unread => None,
    };
    serde_json::to_string(&Answer {
        receipt: receipt.is_some(),
        channel: receipt.map(|r| r.channel),
        amount: receipt.map(|r| r.amount),
        payer: receipt.and_then(|r| r.payer.as_deref()),
        remark: receipt.and_then(|r| r.remark.as_deref()),
        rule: reading.rule(),
    })
}

/// Acts as a phone.
#[derive(Args, Debug)]
pub(super) struct Send {
    /// The server
    #[arg(long, default_value = "http://127.0.0.1:8080", value_name = "URL")]
    server: String,
    /// The paired phone
    #[arg(long, env = "MATCHA_DEVICE", value_name = "ID")]
    device: DeviceId,
    /// Its secret
    #[arg(long, env = "MATCHA_DEVICE_SECRET", value_name = "WHSEC", hide_env_values = true)]
    secret: String,
    /// The app that posted the notification
    #[arg(long, default_value = "com.tencent.mm")]
    package: String,
    /// Its title
    #[arg(long, default_value = "微信支付")]
    title: String,
    /// Its text
    text: String,
    /// How many seconds ago it was posted
    #[arg(long, default_value_t = 0)]
    ago: i64,
    /// Its notification id
    #[arg(long, allow_hyphen_values = true)]
    notification_id: Option<i64>,
}

impl Send {
    async fn run(self) -> Result<(), Failure> {
        let (now, rng) = (Clock::System.now(), Rng::system());
        let id = format!("{:016x}", u64::from_be_bytes(rng.bytes()));
        let notice = json!({
            "id": id, "package": self.package, "title": self.title, "text": self.text,
            "posted_at": now.minus(Millis::seconds(self.ago)), "notification_id": self.notification_id, "key": id,
        });
        let body = json!({ "sent_at": now, "notices": [notice] });
        let phone = Phone::new(&self.server, self.device, self.secret);
        let answer = phone.post("/api/v1/bridge/notices", &format!("msg_{id}"), now, &body).await?;
        let status = answer.status();
        let text = answer.text().await?;
        if status.is_success() {
            say(&text)
        } else {
            Err(format!("the server refused it ({status}): {text}").into())
        }
    }
}

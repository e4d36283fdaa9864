//! The demo's Alipay: the simulator of the tests, run beside the server.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use serde::Deserialize;
use serde_json::json;

use crate::app::App;
use crate::cli::{Failure, say};
use crate::domain::channel::Channel;
use crate::domain::log::Actor;
use crate::flow::gateway::merchant::{self, Pasted, PastedTrust, Secret, SignType};

/// The program, in the folder of the simulator.
const PROGRAM: &str = "main.js";

/// A simulated gateway. It ends when its input closes, which is when this process ends, however that comes about.
pub(super) struct Simulator {
    process: Child,
    input: Option<ChildStdin>,
    ready: Ready,
}

/// What it says when it listens.
#[derive(Deserialize)]
struct Ready {
    gateway: String,
    wallet: String,
    app_id: String,
    seller_id: String,
    alipay_public_key: String,
    app_private_key: String,
}

impl Simulator {
    /// Starts the program in `folder`, which tells the server at `base_url` of what readers do in their wallets.
    ///
    /// # Errors
    /// In words, with what to do: there is no Node, no such folder, or the program says why it cannot run.
    pub(super) fn start(folder: &Path, base_url: &str) -> Result<Simulator, Failure> {
        if !folder.join(PROGRAM).exists() {
            let folder = folder.display();
            return Err(format!(
                "{folder} has no {PROGRAM}: run this in Matcha's checkout, or name the simulator's folder with --gateway-dir"
            )
            .into());
        }
        if !folder.join("node_modules").exists() {
            say("fetching what the simulated Alipay needs (npm ci), this once")?;
            let fetched = Command::new("npm").arg("ci").current_dir(folder).stdout(Stdio::null()).status();
            match fetched {
                Ok(status) if status.success() => {}
                Ok(status) => return Err(format!("npm ci failed: {status}").into()),
                Err(error) => return Err(no_node("npm", &error)),
            }
        }
        let mut process = Command::new("node")
            .args([PROGRAM, "--config", "-"])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| no_node("node", &error))?;
        let config = json!({ "clock_runs": true, "app_gateway_url": format!("{base_url}/alipay/gateway") });
        let mut input = process.stdin.take().ok_or("the simulated Alipay has no input")?;
        writeln!(input, "{config}")?;
        let output = process.stdout.take().ok_or("the simulated Alipay has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let ready = serde_json::from_str(&line).map_err(
            |_| "the simulated Alipay did not start; what it says is above. It needs Node 20.19 or later",
        )?;
        Ok(Simulator { process, input: Some(input), ready })
    }

    /// The page on which people without a wallet pay.
    pub(super) fn wallet(&self) -> &str {
        &self.ready.wallet
    }

    /// Makes the account at this gateway, or gives the one of last time its keys, which are made afresh for each run.
    pub(super) async fn furnish(&self, app: &App) -> Result<(), Failure> {
        let Ready { gateway, app_id, seller_id, alipay_public_key, app_private_key, .. } = &self.ready;
        let pasted = Pasted {
            app_id: app_id.clone(),
            private_key: Secret::from(app_private_key.clone()),
            sign_type: SignType::Rsa2,
            trust: PastedTrust::Keys(vec![alipay_public_key.clone()]),
            aes_key: None,
            gateway: gateway.clone(),
            seller_id: Some(seller_id.clone()),
        };
        let accounts = app.store.read(|tx| tx.accounts()).await?;
        let known = accounts.iter().find(|account| account.channel == Channel::AlipayOfficial);
        match known {
            Some(known) => merchant::replace(app, known.id, &pasted, Actor::Console).await.map(drop)?,
            None => merchant::add(app, "支付宝".to_owned(), &pasted, Actor::Console).await.map(drop)?,
        }
        Ok(())
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.input.take());
        drop(self.process.wait());
    }
}

fn no_node(program: &str, error: &std::io::Error) -> Failure {
    format!("{program} cannot be run ({error}): the simulated Alipay needs Node 20.19 or later").into()
}

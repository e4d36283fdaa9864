//! Opens a data folder: database, keys, rules.

use std::fs::File;
use std::path::Path;

use super::Failure;
use crate::alipay::gateway::{Line, Settings};
use crate::app::{App, rules_of};
use crate::cashier;
use crate::clock::Clock;
use crate::rng::{Ids, Rng};
use crate::secrets::Secrets;
use crate::storage::Store;
use crate::storage::sqlite::Sqlite;

/// Who opens the folder: ids of the server and of a tool beside it must differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum As {
    Server,
    Tool,
}

/// Opens `data`, making it where it is missing.
pub(super) async fn open(data: &Path, who: As) -> Result<App, Failure> {
    std::fs::create_dir_all(data)
        .map_err(|e| format!("the data folder {} cannot be made: {e}", data.display()))?;
    let (clock, rng) = (Clock::System, Rng::system());
    let secrets = Secrets::open(&data.join("master.key"), rng.bytes())
        .map_err(|e| format!("the master key cannot be used: {e}"))?;
    let store = Store::new(Sqlite::open(&data.join("matcha.db"), clock.now())?);
    let instance = match who {
        As::Server => 0,
        As::Tool => 1 + u16::try_from(rng.below(1023)).unwrap_or(0),
    };
    let ids = Ids::new(instance);
    ids.continue_after(store.read(|tx| tx.largest_id()).await?);
    let rules_file = data.join("rules.toml");
    let rules = rules_of(&rules_file)?;
    Ok(App::new(store, clock, rng, ids, secrets, rules).with_rules_file(rules_file))
}

/// Keeps a second server off the folder for as long as the file is held.
pub(super) fn lock(data: &Path) -> Result<File, Failure> {
    let path = data.join("server.lock");
    let file = File::create(&path).map_err(|e| format!("{} cannot be made: {e}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => Err(format!("another matcha serves the data folder {}", data.display()).into()),
    }
}

/// The accounts at official gateways, which reach this installation at `base_url`.
pub(super) fn gateways(app: App, base_url: &str) -> Result<App, Failure> {
    let line = Line::new(Settings::default())?;
    let cashiers = cashier::cashiers(line, base_url, app.rng.clone());
    Ok(app.with_cashiers(cashiers))
}

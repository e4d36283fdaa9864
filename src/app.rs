//! What every part is handed: the store, the clock, chance, keys and rules, wired once at start-up.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use crate::clock::Clock;
use crate::domain::id::OrderId;
use crate::domain::log::Entry;
use crate::domain::money::Fen;
use crate::domain::notice::Rules;
use crate::domain::time::Timestamp;
use crate::flow::gateway::cashier::Cashiers;
use crate::flow::pressure::Pressure;
use crate::rng::{Ids, Rng};
use crate::secrets::Secrets;
use crate::storage::verbs::WriteTx;
use crate::storage::{self, Store};

/// Waits until the server is told to stop.
pub async fn told_to_stop(stopping: &mut tokio::sync::watch::Receiver<bool>) {
    // A sender that is gone means that the server is gone too.
    drop(stopping.wait_for(|stop| *stop).await);
}

/// The parts of a running Matcha; cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Chance.
    pub rng: Rng,
    /// Ids and keys, which units of work take with them to the writer.
    pub makers: Makers,
    /// The rules that read notices; replaced as a whole when the owner's file changes.
    rules: Arc<RwLock<Arc<Rules>>>,
    /// The owner's own rules, if there is such a file.
    rules_file: Option<Arc<PathBuf>>,
    /// Which address blocks leave unpaid orders behind.
    pub pressure: Pressure,
    /// Live orders one address block may have.
    pub live_orders_per_address: i64,
    /// The accounts at official gateways.
    pub cashiers: Cashiers,
    /// How much a day may transfer to people; nothing unless the owner says so.
    pub transfer_daily_max: Fen,
}

/// Why the owner's rules were not put in force.
#[derive(Debug, thiserror::Error)]
pub enum BadRules {
    /// The file could not be read.
    #[error("the rules file could not be read: {0}")]
    File(std::io::Error),
    /// A rule is not good.
    #[error("{0}")]
    Rules(#[from] crate::domain::notice::RulesError),
}

/// What a unit of work needs to make new rows.
#[derive(Clone)]
pub struct Makers {
    /// Makes ids.
    pub ids: Ids,
    /// Derives tokens and codes.
    pub secrets: Arc<Secrets>,
}

/// The rules with an owner's file over them, or the embedded ones alone where there is no such file.
///
/// # Errors
/// Where the file cannot be read or one of its rules is not good.
pub fn rules_of(file: &Path) -> Result<Rules, BadRules> {
    match std::fs::read_to_string(file) {
        Ok(text) if text.is_empty() => Ok(Rules::embedded()),
        Ok(text) => Ok(Rules::with_overrides(&text)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Rules::embedded()),
        Err(error) => Err(BadRules::File(error)),
    }
}

impl Makers {
    /// Writes a line of the log (M11).
    ///
    /// # Errors
    /// Of the storage.
    pub fn log(&self, tx: &mut dyn WriteTx, now: Timestamp, entry: &Entry) -> Result<(), storage::Error> {
        tx.log(self.ids.next(now), now, entry)
    }
}

impl App {
    /// Wires the parts.
    #[must_use]
    pub fn new(store: Store, clock: Clock, rng: Rng, ids: Ids, secrets: Secrets, rules: Rules) -> App {
        App {
            store,
            clock,
            rng,
            makers: Makers { ids, secrets: Arc::new(secrets) },
            rules: Arc::new(RwLock::new(Arc::new(rules))),
            rules_file: None,
            pressure: Pressure::default(),
            live_orders_per_address: crate::limits::LIVE_ORDERS_PER_ADDRESS_DEFAULT,
            cashiers: Cashiers::default(),
            transfer_daily_max: Fen::ZERO,
        }
    }

    /// The instant it is now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The keys.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        &self.makers.secrets
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// With accounts at official gateways.
    #[must_use]
    pub fn with_cashiers(mut self, cashiers: Cashiers) -> App {
        self.cashiers = cashiers;
        self
    }

    /// With the owner's own rules from a file, which [`App::reload_rules`] reads again.
    #[must_use]
    pub fn with_rules_file(mut self, path: PathBuf) -> App {
        self.rules_file = Some(Arc::new(path));
        self
    }

    /// Reads the owner's rules again and puts them in force; a file that is gone leaves the embedded ones.
    ///
    /// # Errors
    /// Where the file cannot be read or one of its rules is not good; the old rules stay in force then.
    pub fn reload_rules(&self) -> Result<(), BadRules> {
        let rules = match &self.rules_file {
            None => Rules::embedded(),
            Some(path) => rules_of(path)?,
        };
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
        Ok(())
    }

    /// The bearer token of an order.
    #[must_use]
    pub fn order_token(&self, order: OrderId) -> String {
        self.secrets().order_token(order)
    }
}

//! Translators from what other phones and pages already speak, by name.

use super::device::DeviceKind;

/// What speaks with Matcha besides its own app and script. Each is off until it is switched on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Adapter {
    /// The pages and the phone of the original article.
    Article,
    /// V免签's phone app.
    Vmq,
    /// SmsForwarder's webhook.
    Smsforwarder,
    /// receiptnotice's pushes.
    Receiptnotice,
    /// Texts of Tasker, MacroDroid, Shortcuts.
    Text,
}

impl Adapter {
    /// The setting that switches it on.
    #[must_use]
    pub const fn setting(self) -> &'static str {
        match self {
            Adapter::Article => "article_adapter",
            Adapter::Vmq => "vmq_adapter",
            Adapter::Smsforwarder => "smsforwarder_adapter",
            Adapter::Receiptnotice => "receiptnotice_adapter",
            Adapter::Text => "text_adapter",
        }
    }

    /// The adapter through which a kind of device speaks; none for the companion app and a log.
    #[must_use]
    pub const fn of(kind: DeviceKind) -> Option<Adapter> {
        match kind {
            DeviceKind::Bridge | DeviceKind::Bill => None,
            DeviceKind::Vmq => Some(Adapter::Vmq),
            DeviceKind::Smsforwarder => Some(Adapter::Smsforwarder),
            DeviceKind::Receiptnotice => Some(Adapter::Receiptnotice),
            DeviceKind::Text => Some(Adapter::Text),
        }
    }
}

/// The adapters that are switched on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Adapters(Vec<Adapter>);

impl Adapters {
    /// True where it is switched on.
    #[must_use]
    pub fn has(&self, adapter: Adapter) -> bool {
        self.0.contains(&adapter)
    }
}

impl FromIterator<Adapter> for Adapters {
    fn from_iter<I: IntoIterator<Item = Adapter>>(on: I) -> Adapters {
        Adapters(on.into_iter().collect())
    }
}

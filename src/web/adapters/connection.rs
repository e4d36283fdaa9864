//! What the owner types into somebody else's app so that it speaks to this server. Derived from the device's id, so it can
//! be shown again.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::device::{Device, DeviceKind};
use crate::secrets::Secrets;

/// How such an app is set up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Connection {
    /// Where it posts to. With a token in it: keep it as you keep a password.
    pub url: String,
    /// The key it signs with, where it signs.
    pub key: Option<String>,
    /// The text that its own QR code holds, where it scans one.
    pub qr_text: Option<String>,
    /// The content type to set.
    pub content_type: Option<String>,
    /// The body to set, with the app's own placeholders.
    pub template: Option<String>,
}

/// Plain words, and a time with its zone: the app keeps local time, which is another instant in another zone.
const SMSFORWARDER: &str = r#"{"from":"[from]","title":"[title]","text":"[org_content]","receive_time":"[receive_time:yyyy-MM-dd'T'HH:mm:ss.SSSXXX]","timestamp":"[timestamp]","device":"[device_mark]"}"#;

/// To be filled with the recipe's own variables.
const TEXT: &str =
    r#"{"package":"com.tencent.mm","title":"<title of the notification>","text":"<its text>"}"#;

impl Connection {
    /// How a device's app is set up; `None` for the companion app, which pairs.
    #[must_use]
    pub fn of(device: &Device, secrets: &Secrets, base_url: &str) -> Option<Connection> {
        let to =
            |name: &str| format!("{base_url}/in/{name}/{}", secrets.adapter_token(device.id, device.kind));
        let json = |url: String, template: Option<&str>| Connection {
            url,
            key: None,
            qr_text: None,
            content_type: Some("application/json".to_owned()),
            template: template.map(str::to_owned),
        };
        match device.kind {
            DeviceKind::Bridge | DeviceKind::Bill => None,
            DeviceKind::Vmq => {
                let key = secrets.adapter_key(device.id, device.kind);
                let host = base_url.split_once("://").map_or(base_url, |(_, host)| host);
                Some(Connection {
                    url: base_url.to_owned(),
                    qr_text: Some(format!("{host}/{key}")),
                    key: Some(key),
                    content_type: None,
                    template: None,
                })
            }
            DeviceKind::Smsforwarder => Some(json(to("smsforwarder"), Some(SMSFORWARDER))),
            DeviceKind::Receiptnotice => Some(json(to("receiptnotice"), None)),
            DeviceKind::Text => Some(json(to("text"), Some(TEXT))),
        }
    }
}

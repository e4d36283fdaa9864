//! What a phone sends and is told.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::id::DeviceId;
use crate::domain::time::Timestamp;

/// A phone that pairs.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PairRequest {
    /// The code the owner was shown.
    pub pairing_code: String,
    /// A name for the owner.
    pub name: String,
    /// What kind of phone it is.
    #[serde(default)]
    pub model: String,
    /// The version of its app.
    #[serde(default)]
    pub app_version: String,
}

/// What a paired phone signs with.
#[derive(Debug, Serialize, ToSchema)]
pub struct PairBody {
    /// Its id, for the header `matcha-device`.
    #[schema(value_type = String)]
    pub device_id: DeviceId,
    /// Its secret (`whsec_…`), told once.
    pub secret: String,
    /// The server's time.
    #[schema(value_type = String, format = DateTime)]
    pub server_time: Timestamp,
}

/// A batch of notices. Each is an object with an `id`; all its other fields are kept verbatim.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NoticesRequest {
    /// When the phone sends this, by its own clock: how the server measures that clock.
    #[schema(value_type = String, format = DateTime)]
    pub sent_at: Timestamp,
    /// The notices.
    #[schema(value_type = Vec<Object>)]
    pub notices: Vec<Box<serde_json::value::RawValue>>,
}

/// What is durable now.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticesBody {
    /// The phone's ids of the notices it may forget.
    pub stored: Vec<String>,
    /// The server's time.
    #[schema(value_type = String, format = DateTime)]
    pub server_time: Timestamp,
}

/// A phone's heartbeat; further fields are kept for the owner.
#[derive(Debug, Deserialize, ToSchema)]
pub struct HeartbeatRequest {
    /// When the phone sends this, by its own clock.
    #[schema(value_type = String, format = DateTime)]
    pub sent_at: Timestamp,
    /// The version of its app.
    #[serde(default)]
    pub app_version: String,
}

/// The answer to a heartbeat.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeartbeatBody {
    /// The server's time.
    #[schema(value_type = String, format = DateTime)]
    pub server_time: Timestamp,
}

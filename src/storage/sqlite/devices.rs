//! Phones, their pins and their message ids.

use rusqlite::{Row, params};

use super::sql::{all, change, insert, one};
use super::{Lend, Unit};
use crate::domain::device::{Device, DeviceClock, Ear, Rhythm};
use crate::domain::id::{AccountId, DeviceId};
use crate::domain::time::Timestamp;
use crate::storage::verbs::{DeviceRead, DeviceWrite, Inserted, Pairing, Pin, PinKey, Result, SeenBefore};

const DEVICE: &str = "id, kind, name, model, app_version, paired_at, revoked_at, last_seen_at, health, clock, \
                      gap_ms, silent_since, trust_min, \
                      (SELECT json_group_array(account_id) FROM device_accounts WHERE device_id = devices.id)";

fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|e| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(e))
    })
}

fn device(row: &Row<'_>) -> rusqlite::Result<Device> {
    let accounts: Vec<i64> = json(row, 13)?;
    Ok(Device {
        id: row.get(0)?,
        kind: row.get(1)?,
        name: row.get(2)?,
        model: row.get(3)?,
        app_version: row.get(4)?,
        accounts: accounts.into_iter().map(AccountId::from_raw).collect(),
        paired_at: row.get(5)?,
        revoked_at: row.get(6)?,
        last_seen_at: row.get(7)?,
        health: row.get(8)?,
        clock: json::<DeviceClock>(row, 9)?,
        rhythm: Rhythm::from_gap(row.get(10)?),
        silent_since: row.get(11)?,
        trust_min: row.get(12)?,
    })
}

fn clock_json(device: &Device) -> String {
    // Numbers and times cannot fail to serialise.
    serde_json::to_string(&device.clock).unwrap_or_default()
}

fn pin(row: &Row<'_>) -> rusqlite::Result<Pin> {
    Ok(Pin {
        key: PinKey {
            device: row.get(0)?,
            package: row.get(1)?,
            announcer: row.get(2)?,
            profile: row.get(3)?,
        },
        notification_id: row.get(4)?,
        pinned_at: row.get(5)?,
    })
}

impl<T: Lend> DeviceRead for T {
    fn device(&self, id: DeviceId) -> Result<Option<Device>> {
        one(self.conn(), &format!("SELECT {DEVICE} FROM devices WHERE id = ?"), [id], device)
    }

    fn devices(&self) -> Result<Vec<Device>> {
        all(self.conn(), &format!("SELECT {DEVICE} FROM devices ORDER BY id"), [], device)
    }

    fn hearing(&self, account: AccountId) -> Result<Vec<Ear>> {
        let sql = "SELECT d.kind, d.last_seen_at, d.gap_ms, d.silent_since FROM device_accounts a JOIN devices d ON d.id = a.device_id
                   WHERE a.account_id = ? AND d.revoked_at IS NULL";
        all(self.conn(), sql, [account], |row| {
            Ok(Ear {
                kind: row.get(0)?,
                last_seen_at: row.get(1)?,
                rhythm: Rhythm::from_gap(row.get(2)?),
                silent_since: row.get(3)?,
            })
        })
    }

    fn pairing(&self, code_hash: &[u8; 32]) -> Result<Option<Pairing>> {
        let sql = "SELECT accounts, expires_at, used_at FROM pairings WHERE code_hash = ?";
        one(self.conn(), sql, [code_hash], |row| {
            let accounts: Vec<i64> = json(row, 0)?;
            Ok(Pairing {
                accounts: accounts.into_iter().map(AccountId::from_raw).collect(),
                expires_at: row.get(1)?,
                used_at: row.get(2)?,
            })
        })
    }

    fn pin(&self, key: &PinKey) -> Result<Option<Pin>> {
        let sql = "SELECT device_id, package, announcer, profile, notification_id, pinned_at FROM device_pins
                   WHERE device_id = ? AND package = ? AND announcer = ? AND profile = ?";
        one(self.conn(), sql, params![key.device, key.package, key.announcer, key.profile], pin)
    }

    fn pins(&self, device: DeviceId) -> Result<Vec<Pin>> {
        let sql = "SELECT device_id, package, announcer, profile, notification_id, pinned_at FROM device_pins
                   WHERE device_id = ? ORDER BY pinned_at";
        all(self.conn(), sql, [device], pin)
    }
}

impl DeviceWrite for Unit<'_> {
    fn insert_pairing(&mut self, code_hash: &[u8; 32], pairing: &Pairing) -> Result<()> {
        let accounts: Vec<i64> = pairing.accounts.iter().map(|a| a.raw()).collect();
        let accounts = serde_json::to_string(&accounts).unwrap_or_default();
        let sql = "INSERT INTO pairings (code_hash, accounts, expires_at) VALUES (?, ?, ?)";
        change(self.conn, sql, params![code_hash, accounts, pairing.expires_at]).map(drop)
    }

    fn use_pairing(&mut self, code_hash: &[u8; 32], now: Timestamp) -> Result<bool> {
        let sql = "UPDATE pairings SET used_at = ? WHERE code_hash = ? AND used_at IS NULL";
        Ok(change(self.conn, sql, params![now, code_hash])? == 1)
    }

    fn insert_device(&mut self, device: &Device) -> Result<()> {
        let sql =
            "INSERT INTO devices (id, kind, name, model, app_version, paired_at, last_seen_at, clock, gap_ms,
                                        trust_min)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let d = device;
        let params = params![
            d.id,
            d.kind,
            d.name,
            d.model,
            d.app_version,
            d.paired_at,
            d.last_seen_at,
            clock_json(d),
            d.rhythm.gap(),
            d.trust_min
        ];
        change(self.conn, sql, params)?;
        for account in &d.accounts {
            let sql =
                "INSERT INTO device_accounts (device_id, account_id) VALUES (?, ?) ON CONFLICT DO NOTHING";
            change(self.conn, sql, params![d.id, account])?;
        }
        Ok(())
    }

    fn update_device(&mut self, device: &Device) -> Result<()> {
        let sql = "UPDATE devices SET name = ?, model = ?, app_version = ?, revoked_at = ?, last_seen_at = ?, health = ?,
                                      clock = ?, gap_ms = ?, silent_since = ?, trust_min = ? WHERE id = ?";
        let d = device;
        let params = params![
            d.name,
            d.model,
            d.app_version,
            d.revoked_at,
            d.last_seen_at,
            d.health,
            clock_json(d),
            d.rhythm.gap(),
            d.silent_since,
            d.trust_min,
            d.id
        ];
        change(self.conn, sql, params).map(drop)
    }

    fn insert_pin(&mut self, pin: &Pin) -> Result<Inserted> {
        let sql =
            "INSERT INTO device_pins (device_id, package, announcer, profile, notification_id, pinned_at)
                   VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let PinKey { device, package, announcer, profile } = &pin.key;
        insert(
            self.conn,
            sql,
            params![device, package, announcer, profile, pin.notification_id, pin.pinned_at],
        )
    }

    fn remove_pins(&mut self, device: DeviceId) -> Result<usize> {
        change(self.conn, "DELETE FROM device_pins WHERE device_id = ?", [device])
    }

    fn remember_message(
        &mut self,
        device: DeviceId,
        id: &str,
        body_hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<SeenBefore> {
        let sql = "SELECT body_hash FROM message_ids WHERE device_id = ? AND id = ?";
        let known: Option<[u8; 32]> = one(self.conn, sql, params![device, id], |row| row.get(0))?;
        match known {
            Some(known) if known == *body_hash => Ok(SeenBefore::SameBody),
            Some(_) => Ok(SeenBefore::OtherBody),
            None => {
                let sql = "INSERT INTO message_ids (device_id, id, seen_at, body_hash) VALUES (?, ?, ?, ?)";
                change(self.conn, sql, params![device, id, now, body_hash])?;
                Ok(SeenBefore::No)
            }
        }
    }

    fn forget_messages(&mut self, before: Timestamp, limit: u32) -> Result<usize> {
        let sql = "DELETE FROM message_ids WHERE (device_id, id) IN (
                     SELECT device_id, id FROM message_ids WHERE seen_at < ? ORDER BY seen_at LIMIT ?)";
        change(self.conn, sql, params![before, limit])
    }
}

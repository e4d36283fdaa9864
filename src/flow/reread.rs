//! Notices that no rule read are read again when the rules change; notices whose matching failed are tried again.

use crate::app::App;
use crate::domain::device::DeviceKind;
use crate::domain::id::NoticeId;
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::notice::Reading;
use crate::domain::receipt::ReadAs;
use crate::domain::time::Timestamp;
use crate::flow::intake::{self, Fate, PhoneNotice};
use crate::flow::{Error, Thing};
use crate::limits;

/// What one run did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reread {
    /// Notices that were looked at.
    pub looked_at: usize,
    /// Notices that are no longer unread.
    pub read: usize,
    /// Orders that were settled by them.
    pub settled: usize,
}

/// Reads all notices of one kind ([`ReadAs::Unread`] or [`ReadAs::Pending`]) again, each in a unit of work of its own.
/// A receipt that is found now settles the order that held its amount then (M6).
///
/// # Errors
/// Of the storage; what was read before stays read.
pub async fn all(app: &App, kind: ReadAs, now: Timestamp) -> Result<Reread, Error> {
    let mut done = Reread::default();
    let mut after = 0;
    loop {
        let some = app.store.read(move |tx| tx.notices_after(kind, after, limits::WORKER_ROWS_MAX)).await;
        let some = some.map_err(Error::Storage)?;
        let Some(last) = some.last() else { return Ok(done) };
        after = last.id.raw();
        for notice in some {
            done.looked_at += 1;
            match one(app, notice.id, now).await {
                Ok(Some(fate)) => {
                    done.read += 1;
                    done.settled += usize::from(fate == Fate::Settled);
                }
                Ok(None) => {}
                // One notice that cannot be worked must not keep the others waiting.
                Err(error) => {
                    tracing::error!(%error, notice = %notice.id, "a notice could not be read again");
                }
            }
        }
    }
}

async fn one(app: &App, id: NoticeId, now: Timestamp) -> Result<Option<Fate>, Error> {
    let (makers, rules) = (app.makers.clone(), app.rules());
    app.store
        .write(move |tx| {
            let notice = tx.notice(id)?.ok_or(Error::NotFound(Thing::Device))?;
            let Some(phone) = PhoneNotice::parse(&notice.raw) else { return Ok(None) };
            let device = tx.device(notice.device)?.ok_or(Error::NotFound(Thing::Device))?;
            let reading = match device.kind {
                DeviceKind::Bill => intake::bill::reading(&notice.raw),
                DeviceKind::Bridge
                | DeviceKind::Vmq
                | DeviceKind::Smsforwarder
                | DeviceKind::Receiptnotice
                | DeviceKind::Text => phone.read(&rules),
            };
            if matches!(reading, Reading::Unread) && notice.read_as == ReadAs::Unread {
                return Ok(None);
            }
            let read_as = intake::read_as(&reading);
            tx.set_read_as(id, read_as, reading.rule())?;
            let cause = format!("read_as={} rules={}", read_as.as_str(), rules.version());
            let subject = Subject::Notice(id);
            makers.log(tx, now, &Entry { subject, act: Act::NoticeReread, actor: Actor::System, cause })?;
            intake::act_on(tx, &makers, &device, &notice, &phone, &reading, now).map(Some)
        })
        .await
}

//! The sample codes in `qrcodes/`: that they are what `draw` makes of payloads nobody can pay.
//!
//! To make them anew (after a change of `draw`, or an update of the PNG encoder):
//! `cargo test draw_the_samples -- --ignored`

use std::fs;
use std::path::{Path, PathBuf};

use crate::domain::channel::Channel;
use crate::domain::money::Fen;
use crate::qr::names::{find_clashes, read_picture, scan_folder};
use crate::qr::{draw, intake};

const CHANNELS: [Channel; 2] = [Channel::Wechat, Channel::Alipay];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("qrcodes")
}

/// ¥0.90 to ¥1.00.
fn amounts() -> impl Iterator<Item = Fen> {
    (90..=100).filter_map(Fen::new)
}

/// A payload of the right shape that no wallet knows.
fn payload(channel: Channel, amount: Fen) -> String {
    match channel {
        Channel::Wechat => format!("wxp://f2f0MATCHA-SAMPLE-{:04}-DO-NOT-PAY", amount.get()),
        Channel::Alipay => format!("https://qr.alipay.com/fkxMATCHASAMPLE{:04}", amount.get()),
        Channel::AlipayOfficial => unreachable!("the gateway has no codes"),
    }
}

fn path(channel: Channel, amount: Fen) -> String {
    format!("{}/{amount}.png", channel.as_str())
}

#[test]
#[ignore = "writes into qrcodes/"]
fn draw_the_samples() {
    for channel in CHANNELS {
        fs::create_dir_all(folder().join(channel.as_str())).expect("a folder");
        for amount in amounts() {
            let png = draw(&payload(channel, amount)).expect("drawable");
            fs::write(folder().join(path(channel, amount)), png).expect("written");
        }
    }
}

#[test]
fn every_sample_is_drawn_from_its_payload() {
    for channel in CHANNELS {
        for amount in amounts() {
            let path = path(channel, amount);
            let sample = fs::read(folder().join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert!(Ok(&sample) == draw(&payload(channel, amount)).as_ref(), "{path} differs: draw it anew");
        }
    }
}

#[test]
fn the_folder_is_read_without_problems_and_every_sample_reads_back() {
    let scan = scan_folder(&folder()).expect("listed");
    assert_eq!(scan.problems, []);
    assert_eq!(scan.items.len(), 2 * amounts().count());
    let mut read = Vec::new();
    for item in scan.items {
        let bytes = read_picture(&folder(), &item).expect("readable");
        let intake = intake(&bytes, item.channel).expect("a picture");
        let amount = item.amount.expect("all samples are fixed codes");
        assert_eq!(intake.payload, Some(payload(item.channel, amount)), "{}", item.path);
        assert_eq!(intake.png, bytes, "what is served for {} is the sample itself", item.path);
        assert!(intake.verified);
        read.push((item, intake.payload));
    }
    assert_eq!(find_clashes(&read), []);
}

//! Every bound of the program, named with its unit, and why it has that value.
//!
//! What is not bounded here is bounded by something here: no queue, body, list, retry or cache grows freely.

#![expect(missing_docs, reason = "each constant is explained by the comment in front of it")]

use crate::domain::money::Fen;
use crate::domain::site::HoldPolicy;
use crate::domain::time::Millis;

// ---- holds -------------------------------------------------------------------------------------------------------

/// DESIGN section 3: two minutes to pay.
pub const PAY_WINDOW_DEFAULT: Millis = Millis::seconds(120);
/// A second is enough for tests of a site, an hour enough for a slow payer.
pub const PAY_WINDOW_MIN: Millis = Millis::seconds(1);
pub const PAY_WINDOW_MAX: Millis = Millis::seconds(3600);
/// DESIGN section 3: three minutes of rest. Zero is refused: without rest a late payer pays for the next reader (M8).
pub const COOL_DOWN_DEFAULT: Millis = Millis::seconds(180);
pub const COOL_DOWN_MIN: Millis = Millis::seconds(1);
pub const COOL_DOWN_MAX: Millis = Millis::seconds(24 * 3600);
/// WCAG 2.2.1: a time limit can be extended at least ten times.
pub const EXTENSIONS_MAX: u8 = 10;
/// Ten fen below the price.
pub const DISCOUNT_DEFAULT: i64 = 10;
/// A band wider than ¥100 would be a mistake, not a policy.
pub const BAND_FEN_MAX: i64 = 10_000;
/// How many amounts one step of an allocation looks at; keeps the common case to one index range.
pub const ALLOCATION_STEP: usize = 32;
/// How far an order's hold may miss the receipt's arrival and still be looked at: what is left of the error of a
/// measured phone clock. Two holds within it are ambiguous and go to the inbox (M7).
pub const CLOCK_SLACK: Millis = Millis::seconds(2);
/// How far apart two announcers of one payment may speak (M9).
pub const ECHO_WINDOW: Millis = Millis::seconds(60);
/// Holds of one amount that are looked at for one receipt.
pub const CANDIDATES_MAX: usize = 64;
/// Suggestions shown for one inbox item.
pub const SUGGESTIONS_MAX: usize = 5;
/// Orders that are ranked for one item.
pub const SUGGESTION_ORDERS_MAX: u32 = 1000;
/// How far back the inbox looks for orders to suggest.
pub const SUGGESTION_LOOKBACK: Millis = Millis::seconds(24 * 3600);

/// The policy of a site that says nothing.
#[must_use]
pub const fn hold_policy_default() -> HoldPolicy {
    HoldPolicy {
        pay_window: PAY_WINDOW_DEFAULT,
        cool_down: COOL_DOWN_DEFAULT,
        max_discount: match Fen::new(DISCOUNT_DEFAULT) {
            Some(fen) => fen,
            None => Fen::ZERO,
        },
        max_surcharge: Fen::ZERO,
    }
}

// ---- official gateways -------------------------------------------------------------------------------------------

/// The gateway counts in whole minutes: one more, so that its end is never before ours.
pub const GATEWAY_MINUTE: Millis = Millis::seconds(60);
/// Path and query of the way back from the gateway, which takes 256 bytes with the address of this installation.
pub const GATEWAY_RETURN_BYTES_MAX: usize = 190;
/// A buyer who comes back, or opens the way back again, has the gateway asked no more often than that.
pub const GATEWAY_RETURN_PAUSE: Millis = Millis::seconds(5);
/// A way back that is older hands out no order's token: it stands in histories and logs.
pub const GATEWAY_RETURN_FRESH: Millis = Millis::seconds(24 * 3600);
/// Trades asked about in one run.
pub const GATEWAY_QUESTIONS_PER_RUN: u32 = 32;
/// At a minute apart that is two days: what the gateway has not told by then, its bill will tell.
pub const GATEWAY_QUESTIONS_MAX: u32 = 3000;

// ---- books -------------------------------------------------------------------------------------------------------

/// How far back bills are compared where a server was away, or keys are new to an old account.
pub const BILL_DAYS_BACK: i32 = 31;
/// Times that a bill is asked for while something is expected to be in it: about two days. With nothing to expect, or a
/// refusal, it is done with on the same day.
pub const BILL_TRIES_MAX: u32 = 12;
pub const BILL_TRIES_QUIET: u32 = 4;
/// What was settled so shortly before midnight may be in the bill of the next day: the gateway counts by its own clock.
pub const BILL_EDGE: Millis = Millis::seconds(5 * 60);
/// Differences of one day that are kept, and that have an inbox item each. More mean that another shop sells with the same
/// keys, or that something is wrong as a whole; the day's count tells all.
pub const BILL_DIFFERENCES_MAX: usize = 1000;
pub const BILL_ITEMS_MAX: usize = 50;
/// Rows of one page of an account's log: the most that the gateway gives.
pub const LOG_PAGE_ROWS: u32 = 2000;
/// Pages of one look; a longer stretch is looked at in parts.
pub const LOG_PAGES_MAX: u32 = 10;
/// Rows, and receipts beside them, of one day's report.
pub const LOG_ROWS_MAX: u32 = 20_000;
/// Payments of one day that are listed as seen by one side only.
pub const LOG_ALONE_MAX: usize = 200;
/// Transfers carried on in one run.
pub const TRANSFERS_PER_RUN: u32 = 8;
/// What a caller may name a transfer's request.
pub const REQUEST_ID_CHARS_MIN: usize = 8;
pub const REQUEST_ID_CHARS_MAX: usize = 64;

// ---- subscriptions -----------------------------------------------------------------------------------------------

/// After so long it is first asked whether an agreement was signed, for a notification that was lost; then at growing pauses.
pub const AGREEMENT_FIRST_LOOK: Millis = Millis::seconds(30);
/// The longest of those pauses, also where the gateway does not answer.
pub const AGREEMENT_PENDING_PAUSE_MAX: Millis = Millis::seconds(3600);
/// A page that nobody signed within so long is given up. Who signs later is told to the gateway as ended.
pub const AGREEMENT_SIGNED_WITHIN: Millis = Millis::seconds(25 * 3600);
/// How often the gateway is asked how an agreement stands: one that runs out tells nobody.
pub const AGREEMENT_LOOK_EVERY: Millis = Millis::seconds(24 * 3600);
/// How long a planned charge rests while its agreement is paused, before it is looked at again.
pub const CHARGE_REST: Millis = Millis::seconds(3600);
/// Charges of one agreement that are shown: two years of months with a refusal now and then.
pub const CHARGES_SHOWN: u32 = 36;

// ---- readers -----------------------------------------------------------------------------------------------------

/// DESIGN section 3: live orders one reader may have.
pub const LIVE_ORDERS_PER_READER_MAX: i64 = 2;
/// DESIGN section 3: live orders of one address block (IPv4 /32, IPv6 /64), unless configured.
pub const LIVE_ORDERS_PER_ADDRESS_DEFAULT: i64 = 20;
/// Unpaid orders an address block may leave behind in an hour before it must work for the next one.
pub const ABANDONED_PER_HOUR_FREE: u32 = 60;
/// Address blocks whose abandoned orders are counted; the least recent is forgotten first.
pub const ABUSE_BLOCKS_MAX: usize = 10_000;
/// Leading zero bits of the proof of work: about a second in a phone's browser.
pub const PROOF_OF_WORK_BITS: u32 = 16;
/// How long a proof-of-work challenge may be answered.
pub const PROOF_OF_WORK_TTL: Millis = Millis::seconds(120);
/// A client's own order id: long enough not to be guessed, short enough for an index.
pub const CLIENT_ORDER_ID_CHARS_MIN: usize = 8;
pub const CLIENT_ORDER_ID_CHARS_MAX: usize = 100;
/// When a full band tells the reader to come back, at the earliest and at the latest.
pub const RETRY_AFTER_MIN: Millis = Millis::seconds(1);
pub const RETRY_AFTER_MAX: Millis = Millis::seconds(60);

// ---- the right to read -------------------------------------------------------------------------------------------

/// Browsers in which one unlock may be used at the same time, unless the site says otherwise: a phone, its wallet's
/// browser, a desk, and room for a friend.
pub const SEATS_DEFAULT: u32 = 5;
/// More would be a leak, not a household.
pub const SEATS_MAX: u32 = 50;
/// How often a seat's use is written down.
pub const SEAT_SEEN_EVERY: Millis = Millis::seconds(24 * 3600);
/// What a seat is called.
pub const SEAT_LABEL_CHARS_MAX: usize = 60;
/// Recovery codes and coupons that an address block may name in an hour without finding any.
pub const TRIES_PER_HOUR: u32 = 20;
/// Claims that an address block may make in an hour.
pub const CLAIMS_PER_HOUR: u32 = 10;
/// What a reader may add to a claim.
pub const CLAIM_NOTE_CHARS_MAX: usize = 300;
/// A claim is about a payment of this past; older ones are a letter to the owner.
pub const CLAIM_AGE_MAX: Millis = Millis::seconds(366 * 24 * 3600);
/// How far the time that a reader tells may be off.
pub const CLAIM_CLOCK_SLACK: Millis = Millis::seconds(26 * 3600);

// ---- streams -----------------------------------------------------------------------------------------------------

/// Proxies cut a silent stream after 60 s (nginx's default); a comment well before that keeps it.
pub const SSE_HEARTBEAT: Millis = Millis::seconds(15);
/// What a browser waits before it reconnects.
pub const SSE_RETRY: Millis = Millis::seconds(2);
/// A stream ends after this long even if its order does not; the browser comes back by itself.
pub const SSE_LIFETIME: Millis = Millis::seconds(3600);
/// Open streams at once.
pub const SSE_STREAMS_MAX: usize = 20_000;

// ---- HTTP --------------------------------------------------------------------------------------------------------

/// A JSON body of a reader or owner.
pub const JSON_BODY_BYTES_MAX: usize = 1024 * 1024;
/// A form of a page without script: a few ids and a recovery code.
pub const FORM_BODY_BYTES_MAX: usize = 16 * 1024;
/// A batch of notices: 10,000 of ordinary size fit.
pub const BRIDGE_BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Notices in one batch.
pub const NOTICES_PER_BATCH_MAX: usize = 10_000;
/// Notices in one unit of work, so that a big batch does not keep readers waiting.
pub const NOTICES_PER_UNIT: usize = 64;
/// An uploaded picture (2 MB) and the multipart framing around it.
pub const UPLOAD_BODY_BYTES_MAX: usize = 2 * 1024 * 1024 + 16 * 1024;
/// How long a request may take before it is answered 503; an SSE stream is not a request in this sense.
pub const REQUEST_TIMEOUT: Millis = Millis::seconds(30);
/// How long open requests may take to end when the server stops.
pub const SHUTDOWN_GRACE: Millis = Millis::seconds(10);
/// Rows of one page of a list.
pub const PAGE_DEFAULT: u32 = 50;
pub const PAGE_MAX: u32 = 200;
/// Names and titles.
pub const NAME_CHARS_MAX: usize = 200;
/// The address of an article.
pub const URL_CHARS_MAX: usize = 1000;
/// Products that one bundle names.
pub const OPENS_MAX: usize = 500;
/// Bundles and memberships that are offered beside an article.
pub const OFFERS_MAX: u32 = 10;
/// A validity of more than a hundred years is a mistake: leave it out.
pub const VALIDITY_MAX: Millis = Millis::seconds(100 * 366 * 24 * 3600);
/// Orders one coupon is made for.
pub const COUPON_USES_MAX: u32 = 1_000_000;
/// A paid text.
pub const HTML_BYTES_MAX: usize = 512 * 1024;
/// Origins of a site.
pub const ORIGINS_MAX: usize = 50;
/// Accounts of a site or a device.
pub const ACCOUNTS_MAX: usize = 50;
/// A remark that a code carries.
pub const REMARK_CHARS_MAX: usize = 50;

// ---- devices -----------------------------------------------------------------------------------------------------

/// DESIGN section 4: a pairing code works for ten minutes.
pub const PAIRING_TTL: Millis = Millis::seconds(600);
/// DESIGN section 4: how far a signature's time may be off.
pub const SIGNATURE_TOLERANCE: Millis = Millis::seconds(300);
/// DESIGN section 4: how long a message id is remembered.
pub const MESSAGE_ID_TTL: Millis = Millis::seconds(48 * 3600);
/// V免签's app signs the phone's time. A heartbeat is about now, so a phone whose clock is further off is told; its owner
/// sets the clock.
pub const VMQ_CLOCK_TOLERANCE: Millis = Millis::seconds(15 * 60);
/// A push may have waited on the phone: some of its descendants keep a queue and send the same time and signature again
/// until they are heard. Later it would be forgotten that it came before.
pub const VMQ_PUSH_AGE_MAX: Millis = MESSAGE_ID_TTL;
/// Clock samples kept of one device.
pub const CLOCK_SAMPLES_MAX: usize = 8;
/// A request cannot have been under way longer than this, so a larger change of offset is a clock that was set.
pub const CLOCK_STEP: Millis = Millis::seconds(30);
/// A phone that has not shown a rhythm yet is silent after this long.
pub const SILENCE_DEFAULT: Millis = Millis::seconds(15 * 60);
/// However fast its rhythm, a phone may miss a few minutes.
pub const SILENCE_MIN: Millis = Millis::seconds(5 * 60);
/// However slow its rhythm, an hour of silence is silence (some phones wake the app every 30 minutes).
pub const SILENCE_MAX: Millis = Millis::seconds(60 * 60);
/// A notice's text above this many characters is kept but not read.
pub const NOTICE_TEXT_CHARS_MAX: usize = 4096;

// ---- storage -----------------------------------------------------------------------------------------------------

/// Units of work that may wait for the writer; a full queue is answered 503.
pub const WRITER_QUEUE_MAX: usize = 8192;
/// Units of work committed together.
pub const WRITER_BATCH_MAX: usize = 512;
/// How long a unit may wait for room in the writer's queue.
pub const WRITER_WAIT: Millis = Millis::seconds(5);
/// Read-only connections.
pub const READERS_MAX: u32 = 4;
/// Pages that each of them may keep in memory, in KiB; behind them is the system's own cache.
pub const READER_CACHE_KIB: i64 = 1024;
/// Threads for work that blocks: readers of the database, a picture that is decoded, a name that is resolved. More of
/// them would only wait for a connection, each with a stack.
pub const BLOCKING_THREADS_MAX: usize = 12;
/// How long a read may wait for a connection.
pub const READER_WAIT: Millis = Millis::seconds(5);
/// How long SQLite waits for another process (a command line tool beside the server).
pub const BUSY_TIMEOUT: Millis = Millis::seconds(5);
/// Pages that the writer may keep in memory, in KiB: enough for the upper levels of every index and all that is new.
pub const WRITER_CACHE_KIB: i64 = 16 * 1024;
/// Milliseconds of a stretch of time by which the storage keeps new rows together, as a power of two. The migrations
/// say the same number.
pub const BUCKET_BITS: u32 = 28;
/// Stretches that are looked through for one receipt; eight years.
pub const BUCKETS_MAX: usize = 1000;
/// Rows of each kind of the catalog that the writer remembers.
pub const CATALOG_KEPT_MAX: usize = 8192;
/// Units of work after which the write-ahead log is folded into the database, by a thread of its own.
pub const CHECKPOINT_UNITS: u64 = 256;
/// Pages of the write-ahead log (4 KiB each) at which the writer folds it itself.
pub const WAL_PAGES_MAX: i64 = 8192;
/// Statements each connection keeps prepared.
pub const STATEMENTS_CACHED: usize = 256;
/// Rows a worker touches in one unit of work.
pub const WORKER_ROWS_MAX: u32 = 500;
/// Snapshots kept from before migrations.
pub const SNAPSHOTS_KEPT: usize = 5;

// ---- sealing -----------------------------------------------------------------------------------------------------

/// One paid text, or one attachment, before it is sealed. A browser decrypts it in one piece, on a phone too.
pub const SEALED_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Files of a built site.
pub const SITE_FILES_MAX: usize = 500_000;
/// Folders within folders.
pub const SITE_DEPTH_MAX: usize = 64;
/// A file with text that is searched; a search index of a very large blog is smaller.
pub const SITE_TEXT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Threads that read and seal files.
pub const SEAL_THREADS_MAX: usize = 8;
/// Eight words in a row: shorter runs are common phrases, and quotations of a title.
pub const LEAK_RUN_WORDS_DEFAULT: usize = 8;
pub const LEAK_RUN_WORDS_MIN: usize = 3;
pub const LEAK_RUN_WORDS_MAX: usize = 100;
/// A paid part with fewer letters is not looked for: it would be found in any text.
pub const LEAK_LETTERS_MIN: usize = 6;
/// Escapes within escapes: HTML in XML in JSON in a script.
pub const LEAK_LAYERS_MAX: usize = 4;
/// Letters that are compared at once, and how many of them again with the next.
pub const LEAK_BLOCK_LETTERS: usize = 1 << 16;
pub const LEAK_BLOCK_OVERLAP: usize = 1 << 12;
/// Two runs that follow each other in one part, with so little between them in the part and in the file, are one: a link
/// stood there.
pub const LEAK_GAP_LETTERS: usize = 40;
pub const LEAK_GAP_BYTES: usize = 200;
/// A title up to this length is read by everybody; a longer one may be a whole text.
pub const TITLE_CHARS_PUBLIC_MAX: usize = 80;
/// Leaks that are listed.
pub const LEAKS_LISTED_MAX: usize = 200;

// ---- Alipay's gateway --------------------------------------------------------------------------------------------

/// Until the gateway's socket stands. Nothing was sent before.
pub const ALIPAY_CONNECT_TIMEOUT: Millis = Millis::seconds(5);
/// Until the whole answer is here. Later the result is unknown and asked for.
pub const ALIPAY_READ_TIMEOUT: Millis = Millis::seconds(15);
/// A day's bill is some megabytes, and its address is good for 30 s.
pub const ALIPAY_BILL_TIMEOUT: Millis = Millis::seconds(120);
/// Calls in flight at once, of all accounts together.
pub const ALIPAY_CALLS_MAX: usize = 16;
/// How long a call may wait for its turn. Nothing was sent before.
pub const ALIPAY_TURN_WAIT: Millis = Millis::seconds(10);
/// How long a call may take with all its repeats.
pub const ALIPAY_CALL_BUDGET: Millis = Millis::seconds(25);
/// Times that a question is asked, and that a call with the same number is made, before its failure is told.
pub const ALIPAY_ASK_TRIES: u32 = 3;
pub const ALIPAY_REPEAT_TRIES: u32 = 2;
/// What is waited before a question is asked again.
pub const ALIPAY_ASK_PAUSE: Millis = Millis::new(500);
/// What is waited before a call is repeated: users report that two refunds of one trade within 3 s are refused.
pub const ALIPAY_REPEAT_PAUSE: Millis = Millis::seconds(3);
/// An answer: a full page of an account's log (2000 rows) is well below.
pub const ALIPAY_ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// A notification, or what a browser brings back: some kilobytes, unless vouchers are listed.
pub const ALIPAY_NOTICE_BYTES_MAX: usize = 64 * 1024;
/// Parameters of one notification; the longest that is documented has about forty.
pub const ALIPAY_NOTICE_FIELDS_MAX: usize = 200;
/// A link that a browser opens: longer ones are cut by some browsers and proxies.
pub const ALIPAY_LINK_BYTES_MAX: usize = 8000;
/// A pasted key, certificate or bundle of certificates; Alipay's root bundle has 5 KB.
pub const ALIPAY_PASTED_BYTES_MAX: usize = 64 * 1024;
/// Alipay's public keys of one account: the current one, the next one, and room for a mistake.
pub const ALIPAY_KEYS_MAX: usize = 4;
/// Certificates of one file.
pub const ALIPAY_CERTIFICATES_MAX: usize = 16;
/// Certificates that were fetched because an answer named them; the oldest is forgotten first.
pub const ALIPAY_CERTIFICATES_FETCHED_MAX: usize = 8;
/// Certificates from Alipay's to a root: really three.
pub const ALIPAY_CHAIN_MAX: usize = 5;
/// RSA2 is not offered below by Alipay; RSA(1) is what apps from before 2017 have.
pub const ALIPAY_RSA2_BITS_MIN: u32 = 2048;
pub const ALIPAY_RSA1_BITS_MIN: u32 = 1024;
/// A key that is longer than this makes each check of a signature slow; Alipay's have 2048 bits.
pub const ALIPAY_RSA_BITS_MAX: u32 = 4096;
/// A bill as it comes, and what it may become: one with a million rows has some hundred megabytes.
pub const ALIPAY_BILL_ZIP_BYTES_MAX: usize = 64 * 1024 * 1024;
pub const ALIPAY_BILL_TEXT_BYTES_MAX: usize = 256 * 1024 * 1024;
pub const ALIPAY_BILL_FILES_MAX: usize = 64;
/// Rows that are read of one bill.
pub const ALIPAY_BILL_ROWS_MAX: usize = 1_000_000;
/// How far a clock may be off before the gateway refuses what it signs, with room.
pub const ALIPAY_CLOCK_SLACK: Millis = Millis::seconds(5 * 60);

// A hold must outlive the slack on both sides, or two neighbours could never be told apart; the signature's window
// must fit into the memory of message ids, or a replay could slip between them.
const _: () = assert!(CLOCK_SLACK.get() * 2 < PAY_WINDOW_DEFAULT.get() + COOL_DOWN_DEFAULT.get());
const _: () = assert!(SIGNATURE_TOLERANCE.get() * 2 < MESSAGE_ID_TTL.get());
const _: () = assert!(VMQ_CLOCK_TOLERANCE.get() * 2 < MESSAGE_ID_TTL.get());
const _: () =
    assert!(SILENCE_MIN.get() <= SILENCE_DEFAULT.get() && SILENCE_DEFAULT.get() <= SILENCE_MAX.get());
const _: () = assert!(NOTICES_PER_UNIT <= NOTICES_PER_BATCH_MAX && WRITER_BATCH_MAX <= WRITER_QUEUE_MAX);
const _: () = assert!(DISCOUNT_DEFAULT <= BAND_FEN_MAX);
// A hold must not last longer than a stretch of time, or a second receipt of its money would not find it. One that is
// paid at the end of its rest rests once more.
const _: () =
    assert!(PAY_WINDOW_MAX.get() * (1 + EXTENSIONS_MAX as i64) + COOL_DOWN_MAX.get() * 2 < 1 << BUCKET_BITS);
// What is asked must be answered before a reader's request is given up, or the server would answer 503 for a timeout of
// the gateway's.
const _: () = assert!(ALIPAY_CALL_BUDGET.get() < REQUEST_TIMEOUT.get());
const _: () = assert!(ALIPAY_READ_TIMEOUT.get() + ALIPAY_TURN_WAIT.get() <= ALIPAY_CALL_BUDGET.get());
const _: () = assert!(ALIPAY_NOTICE_BYTES_MAX < JSON_BODY_BYTES_MAX);

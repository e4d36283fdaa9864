//! What WeChat puts in front of a message: the unread counter and the sender.
//!
//! Knows that a conversation shows its latest message as `[3条]微信支付: …` from the second unread one on, and
//! as the bare message before that. Refuses a counter without a sender, or with a sender who is not the title:
//! that is a group whose name imitates an announcer, and the words are some member's.

/// A text without its prefix.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stripped<'a> {
    /// The message itself.
    Message(&'a str),
    /// A counter stands in front, but not the title behind it.
    ForeignSender,
}

/// Takes at most one counter and at most one sender (byte-equal to the title) off the text.
pub(super) fn strip<'a>(title: &str, text: &'a str) -> Stripped<'a> {
    match (after_counter(text), after_sender(title, after_counter(text).unwrap_or(text))) {
        (_, Some(message)) => Stripped::Message(message),
        (Some(_), None) => Stripped::ForeignSender,
        (None, None) => Stripped::Message(text),
    }
}

/// The rest behind `[3条]`, `[3則]`, `[3]`, `[99+条]` or `[+99条]`.
fn after_counter(text: &str) -> Option<&str> {
    let (counter, rest) = text.strip_prefix('[')?.split_once(']')?;
    let counter = counter.strip_suffix(['条', '則', '则']).unwrap_or(counter);
    let digits = counter.strip_prefix('+').or_else(|| counter.strip_suffix('+')).unwrap_or(counter);
    let count = (1..=4).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    count.then_some(rest)
}

fn after_sender<'a>(title: &str, text: &'a str) -> Option<&'a str> {
    let rest = text.strip_prefix(title)?;
    rest.strip_prefix(": ").or_else(|| rest.strip_prefix('：'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_counter_and_one_sender_are_taken_off() {
        for text in [
            "到账¥1.00",
            "微信支付: 到账¥1.00",
            "微信支付：到账¥1.00",
            "[3条]微信支付: 到账¥1.00",
            "[3則]微信支付: 到账¥1.00",
            "[3则]微信支付: 到账¥1.00",
            "[3]微信支付: 到账¥1.00",
            "[12条]微信支付：到账¥1.00",
            "[99+条]微信支付: 到账¥1.00",
            "[+99条]微信支付: 到账¥1.00",
        ] {
            assert_eq!(strip("微信支付", text), Stripped::Message("到账¥1.00"), "{text}");
        }
    }

    #[test]
    fn a_counter_with_anybody_else_behind_it_is_refused() {
        for text in [
            "[3条]到账¥1.00",
            "[3条]张三: 到账¥1.00",
            "[3条] 微信支付: 到账¥1.00",
            "[3条]微信支付:到账¥1.00",
            "[3条]微信支付 : 到账¥1.00",
            "[3条][2条]微信支付: 到账¥1.00",
            "[3条]微信支付官方: 到账¥1.00",
        ] {
            assert_eq!(strip("微信支付", text), Stripped::ForeignSender, "{text}");
        }
    }

    #[test]
    fn what_is_no_counter_stays_where_it_is() {
        for text in [
            "[店员消息]收款",
            "[]x",
            "[条]x",
            "[12345条]x",
            "[+3+条]x",
            "[-3条]x",
            "[３条]x",
            "[3 条]x",
            "[3条",
        ] {
            assert_eq!(strip("微信支付", text), Stripped::Message(text), "{text}");
        }
        assert_eq!(
            strip("微信支付", "微信支付: 微信支付: 到账"),
            Stripped::Message("微信支付: 到账"),
            "only one sender is taken off"
        );
    }
}

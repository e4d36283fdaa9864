package app.matcha.bridge.core;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * One notification as the phone saw it, verbatim. Immutable.
 *
 * <p>Knows its words, where they came from, and what makes it the same as another one. Refuses to know money: what the
 * words mean is for the server to say.
 */
public final class Notice {
    private final byte[] fingerprint;
    private final String id;
    private final String json;
    private final long postedAtMillis;
    private final String packageName;
    private final String title;
    private final String text;
    private final String hidden;

    private Notice(Builder from) {
        fingerprint = from.fingerprint();
        id = Hashes.hex(fingerprint, 16);
        json = new NoticeJson(from).write(id);
        postedAtMillis = from.postedAt;
        packageName = from.packageName;
        title = Texts.head(orEmpty(from.title), NoticeJson.FIELD_CHARS_MAX);
        text = Texts.head(orEmpty(from.text), NoticeJson.FIELD_CHARS_MAX);
        hidden = from.hidden;
    }

    private static String orEmpty(String text) {
        return text == null ? "" : text;
    }

    /** 32 hexadecimal digits, the first half of the fingerprint: one notification read twice has one id. */
    public String id() {
        return id;
    }

    /**
     * SHA-256 over what makes two notices the same: app, user, key, post time and words, each behind its length. An
     * update of a notification differs in its post time or words; a second reading of one does not.
     */
    public byte[] fingerprint() {
        return fingerprint.clone();
    }

    /** The object for the server, built once: what is stored is what is sent, whatever version of the app sends it. */
    public String json() {
        return json;
    }

    /** When the system posted it, in milliseconds by the phone's clock. */
    public long postedAtMillis() {
        return postedAtMillis;
    }

    /** The app that posted it; empty where the system did not say. */
    public String packageName() {
        return packageName;
    }

    /** The title; empty where there is none. */
    public String title() {
        return title;
    }

    /** The text; empty where there is none. */
    public String text() {
        return text;
    }

    /** How the phone hid its words ({@link HiddenText}), or null where it did not. */
    public String hidden() {
        return hidden;
    }

    public static Builder builder(String packageName, long postedAtMillis) {
        return new Builder(packageName, postedAtMillis);
    }

    /** One message of a conversation (MessagingStyle). */
    static final class Message {
        final String text;
        final long at;
        final String sender;

        Message(String text, long at, String sender) {
            this.text = text;
            this.at = at;
            this.sender = sender;
        }
    }

    /** Collects what the system tells. Whatever is null, and lists that stay empty, are not sent. */
    public static final class Builder {
        final String packageName;
        final long postedAt;
        String key;
        String tag;
        String channelId;
        String category;
        String group;
        String title;
        String titleBig;
        String text;
        String bigText;
        String subText;
        String infoText;
        String summaryText;
        String ticker;
        String hidden;
        long when;
        Integer notificationId;
        Integer user;
        boolean ongoing;
        boolean groupSummary;
        boolean recovered;
        final List<String> lines = new ArrayList<>();
        final List<Message> messages = new ArrayList<>();

        private Builder(String packageName, long postedAt) {
            this.packageName = packageName == null ? "" : Texts.clean(packageName);
            this.postedAt = postedAt;
        }

        public Builder key(String value) {
            key = Texts.clean(value);
            return this;
        }

        public Builder notificationId(int value) {
            notificationId = value;
            return this;
        }

        public Builder tag(String value) {
            tag = Texts.clean(value);
            return this;
        }

        /** The Android user: a cloned app has another than 0. */
        public Builder user(int value) {
            user = value;
            return this;
        }

        public Builder channelId(String value) {
            channelId = Texts.clean(value);
            return this;
        }

        public Builder category(String value) {
            category = Texts.clean(value);
            return this;
        }

        public Builder group(String value) {
            group = Texts.clean(value);
            return this;
        }

        public Builder title(CharSequence value) {
            title = Texts.clean(value);
            return this;
        }

        public Builder titleBig(CharSequence value) {
            titleBig = Texts.clean(value);
            return this;
        }

        public Builder text(CharSequence value) {
            text = Texts.clean(value);
            return this;
        }

        public Builder bigText(CharSequence value) {
            bigText = Texts.clean(value);
            return this;
        }

        public Builder subText(CharSequence value) {
            subText = Texts.clean(value);
            return this;
        }

        public Builder infoText(CharSequence value) {
            infoText = Texts.clean(value);
            return this;
        }

        public Builder summaryText(CharSequence value) {
            summaryText = Texts.clean(value);
            return this;
        }

        public Builder ticker(CharSequence value) {
            ticker = Texts.clean(value);
            return this;
        }

        /** A line of an inbox-style notification; null is passed over. */
        public Builder line(CharSequence value) {
            if (value != null) {
                lines.add(Texts.clean(value));
            }
            return this;
        }

        /** A message of a conversation, oldest first; {@code atMillis} by the phone's clock. */
        public Builder message(CharSequence value, long atMillis, CharSequence sender) {
            if (value != null) {
                messages.add(new Message(Texts.clean(value), atMillis, Texts.clean(sender)));
            }
            return this;
        }

        /** The time that the app itself put on it, in milliseconds; 0 where it put none. */
        public Builder when(long millis) {
            when = millis;
            return this;
        }

        public Builder ongoing(boolean value) {
            ongoing = value;
            return this;
        }

        public Builder groupSummary(boolean value) {
            groupSummary = value;
            return this;
        }

        /** It was found standing when the listener connected, not heard when it came. */
        public Builder recovered(boolean value) {
            recovered = value;
            return this;
        }

        /** How the phone hid its words, as {@link HiddenText} tells; null where it did not. */
        public Builder hidden(String value) {
            hidden = value;
            return this;
        }

        List<Message> messages() {
            return Collections.unmodifiableList(messages);
        }

        /**
         * Neither {@code recovered} nor {@code hidden} nor the ticker count: a notification that is read again may differ
         * in how it was found, and the system does not keep every ticker.
         */
        private byte[] fingerprint() {
            Hashes all = new Hashes().text("matcha-notice-1").text(packageName)
                    .number(user == null ? -1 : user).number(notificationId == null ? 0 : notificationId)
                    .text(tag).text(key).number(postedAt).number(when);
            for (String words : new String[] {title, titleBig, text, bigText, subText, infoText, summaryText}) {
                all.text(words);
            }
            all.number(lines.size());
            for (String line : lines) {
                all.text(line);
            }
            all.number(messages.size());
            for (Message message : messages) {
                all.text(message.text).number(message.at).text(message.sender);
            }
            return all.done();
        }

        public Notice build() {
            return new Notice(this);
        }
    }
}

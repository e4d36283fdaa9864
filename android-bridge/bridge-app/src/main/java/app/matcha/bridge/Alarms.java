package app.matcha.bridge;

import android.app.Notification;
import android.app.NotificationChannel;
import android.app.NotificationManager;
import android.app.PendingIntent;
import android.content.Context;
import android.content.Intent;
import app.matcha.bridge.core.Courier;
import app.matcha.bridge.core.State;
import app.matcha.bridge.ui.HomeActivity;
import java.util.EnumMap;
import java.util.Map;

/**
 * What the app itself shows: the standing notification of the service, and one for each thing that needs the owner. Each
 * alarm sounds once, goes when its cause is gone, and says nothing of what a notice says.
 */
final class Alarms {
    static final String STANDING = "standing";
    static final String ALARM = "alarm";
    static final String TEST = "test";
    static final int STANDING_ID = 1;
    static final int TEST_ID = 2;
    /** A payer does not wait for a quarter of an hour. Milliseconds. */
    private static final long LATE_AFTER = 15 * 60_000;
    private static final int FIRST_ALARM_ID = 10;
    private static final String TOLD = "alarm.told.";
    private static final String GRANTED_ONCE = "listener.granted_once";

    /** What can go wrong without the owner noticing. */
    enum Kind {
        /** The server refuses this phone. */
        STOPPED(R.string.alarm_stopped, R.string.alarm_stopped_text),
        /** Notices have waited for long. */
        LATE(R.string.alarm_late, R.string.alarm_late_text),
        /** No access, or the system does not bind the listener. */
        SILENT(R.string.alarm_silent, R.string.alarm_silent_text),
        /** The phone hid a text. */
        HIDDEN(R.string.alarm_hidden, R.string.alarm_hidden_text),
        /** The outbox was full and the oldest was dropped. */
        DROPPED(R.string.alarm_dropped, R.string.alarm_dropped_text),
        /** Something could not be written. */
        LOST(R.string.alarm_lost, R.string.alarm_lost_text);

        final int title;
        final int text;

        Kind(int title, int text) {
            this.title = title;
            this.text = text;
        }

        int id() {
            return FIRST_ALARM_ID + ordinal();
        }
    }

    private final Context context;
    private final State state;
    private final NotificationManager manager;
    private final Map<Kind, Boolean> shown = new EnumMap<>(Kind.class);
    private String standingSays;

    Alarms(Context context, State state) {
        this.context = context;
        this.state = state;
        manager = context.getSystemService(NotificationManager.class);
        channel(STANDING, R.string.channel_standing, NotificationManager.IMPORTANCE_LOW);
        channel(ALARM, R.string.channel_alarm, NotificationManager.IMPORTANCE_HIGH);
        channel(TEST, R.string.channel_test, NotificationManager.IMPORTANCE_LOW);
    }

    private void channel(String id, int name, int importance) {
        NotificationChannel channel = new NotificationChannel(id, context.getString(name), importance);
        channel.setShowBadge(ALARM.equals(id));
        manager.createNotificationChannel(channel);
    }

    /** Shows what is due and takes away what is over. Only for a phone that is paired. */
    void update(Status now, boolean listenerIsGivenUp, long nowMillis) {
        // Before access was ever given the steps ask for it, and no alarm is due.
        boolean wasGranted = state.getLong(GRANTED_ONCE, 0) == 1;
        if (now.listenerGranted && !wasGranted) {
            state.putLong(GRANTED_ONCE, 1);
        }
        state(Kind.STOPPED, now.courier == Courier.Result.Kind.STOPPED && !"not_paired".equals(now.code));
        state(Kind.LATE, now.courier == Courier.Result.Kind.WAIT && now.waiting > 0
                && nowMillis - now.oldestWaitingAt >= LATE_AFTER);
        state(Kind.SILENT, !now.listenerGranted && wasGranted || listenerIsGivenUp);
        count(Kind.HIDDEN, now.hidden);
        count(Kind.DROPPED, now.dropped);
        count(Kind.LOST, now.lost);
    }

    /** Shown as long as it is on, once; taken away when it is off. A process that begins shows it anew. */
    void state(Kind kind, boolean on) {
        Boolean before = shown.put(kind, on);
        if (on && !Boolean.TRUE.equals(before)) {
            manager.notify(kind.id(), alarm(kind));
        } else if (!on && !Boolean.FALSE.equals(before)) {
            manager.cancel(kind.id());
        }
    }

    /** Shown once for each growth of a count that never shrinks; the owner takes it away. */
    void count(Kind kind, long count) {
        if (count > state.getLong(TOLD + kind, 0)) {
            state.putLong(TOLD + kind, count);
            manager.notify(kind.id(), alarm(kind));
        }
    }

    /** All of them gone, as after unpairing. Counts that were told stay told. */
    void clear() {
        shown.clear();
        for (Kind kind : Kind.values()) {
            manager.cancel(kind.id());
        }
    }

    private Notification alarm(Kind kind) {
        String text = context.getString(kind.text);
        return builder(ALARM, kind.title).setContentText(text).setStyle(new Notification.BigTextStyle().bigText(text))
                .setCategory(Notification.CATEGORY_ERROR).setAutoCancel(true).build();
    }

    /** The notification that keeps the service in the foreground. */
    Notification standing(int waiting, boolean listening) {
        standingSays = text(waiting, listening);
        return builder(STANDING, R.string.standing_title).setContentText(standingSays).setOngoing(true).setOnlyAlertOnce(true)
                .setCategory(Notification.CATEGORY_SERVICE).build();
    }

    /** Brings it up to date. Each showing is a notification that the listener hears, so the same is not shown twice. */
    void refreshStanding(int waiting, boolean listening) {
        if (!text(waiting, listening).equals(standingSays)) {
            manager.notify(STANDING_ID, standing(waiting, listening));
        }
    }

    private String text(int waiting, boolean listening) {
        return !listening ? context.getString(R.string.standing_deaf)
                : waiting == 0 ? context.getString(R.string.standing_text)
                : context.getString(R.string.standing_waiting, waiting);
    }

    /** What the self-test posts, under its mark as the tag. */
    void postTest(String mark) {
        manager.notify(mark, TEST_ID, builder(TEST, R.string.test_note_title)
                .setContentText(context.getString(R.string.test_note_text, mark)).build());
    }

    void takeTest(String mark) {
        manager.cancel(mark, TEST_ID);
    }

    private Notification.Builder builder(String channel, int title) {
        Intent home = new Intent(context, HomeActivity.class).addFlags(Intent.FLAG_ACTIVITY_NEW_TASK);
        PendingIntent open = PendingIntent.getActivity(context, 0, home, PendingIntent.FLAG_IMMUTABLE);
        return new Notification.Builder(context, channel).setSmallIcon(R.drawable.ic_standing)
                .setContentTitle(context.getString(title)).setContentIntent(open).setShowWhen(false);
    }
}

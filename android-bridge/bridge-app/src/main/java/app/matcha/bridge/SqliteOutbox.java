package app.matcha.bridge;

import android.content.ContentValues;
import android.content.Context;
import android.database.Cursor;
import android.database.DatabaseUtils;
import android.database.sqlite.SQLiteDatabase;
import app.matcha.bridge.core.Notice;
import app.matcha.bridge.core.Outbox;
import app.matcha.bridge.core.OutboxPolicy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;

/** The outbox on the phone's disk. Each call is one transaction; {@link OutboxFile} says how it gets there. */
final class SqliteOutbox implements Outbox {
    private static final String DROPPED = "dropped";
    private static final String HIDDEN = "hidden";
    private static final String WAITS = "fate = 'WAITING'";
    private static final String IS_PARKED = "fate = 'PARKED'";
    private static final String HAS_LEFT = "fate IN ('STORED', 'DROPPED')";

    private final OutboxFile file;
    /** Null where something changed since they were counted. */
    private Counts counts;
    /** What waits, so that it need not be added up for each notice; -1 where it is not known. */
    private long waiting = -1;
    private long waitingBytes;

    SqliteOutbox(Context context) {
        file = new OutboxFile(context);
    }

    @Override
    public synchronized boolean add(Notice notice) {
        int bytes = notice.json().getBytes(StandardCharsets.UTF_8).length;
        return write(db -> {
            ContentValues row = new ContentValues();
            row.put("id", notice.id());
            row.put("fate", Fate.WAITING.name());
            row.put("posted_at", notice.postedAtMillis());
            row.put("json", notice.json());
            row.put("bytes", bytes);
            row.put("package", notice.packageName());
            row.put("title", notice.title());
            row.put("text", notice.text());
            row.put("fate_at", notice.postedAtMillis());
            if (db.insertWithOnConflict("notices", null, row, SQLiteDatabase.CONFLICT_IGNORE) == -1) {
                return false;
            }
            if (notice.hidden() != null) {
                count(db, HIDDEN);
            }
            waiting++;
            waitingBytes += bytes;
            dropOverflow(db, notice.postedAtMillis());
            return true;
        });
    }

    private void dropOverflow(SQLiteDatabase db, long atMillis) {
        while (OutboxPolicy.isOverfull((int) waiting, waitingBytes)) {
            leave(db, oldest(1, 1).get(0).id, WAITS, Fate.DROPPED, atMillis, null);
            addUp(db);
            trim(db);
        }
    }

    private void addUp(SQLiteDatabase db) {
        waiting = number(db, "SELECT count(*) FROM notices WHERE " + WAITS);
        waitingBytes = number(db, "SELECT coalesce(sum(bytes), 0) FROM notices WHERE " + WAITS);
    }

    /** Does nothing where no notice of that id is in the state it is to leave. */
    private static void leave(SQLiteDatabase db, String id, String from, Fate to, long atMillis, String code) {
        ContentValues row = new ContentValues();
        row.put("fate", to.name());
        row.put("fate_at", atMillis);
        row.put("code", code);
        row.put("gone", 1 + number(db, "SELECT coalesce(max(gone), 0) FROM notices"));
        if (to != Fate.PARKED) {
            // What was sent, or never will be, needs no object any more.
            row.put("json", "");
        }
        if (db.update("notices", row, "id = ? AND " + from, new String[] {id}) == 1 && to == Fate.DROPPED) {
            count(db, DROPPED);
        }
    }

    /** Keeps the history short, and the parked ones to their bound; the oldest of those beyond it are dropped and counted. */
    private static void trim(SQLiteDatabase db) {
        try (Cursor beyond = db.rawQuery("SELECT id, fate_at FROM notices WHERE " + IS_PARKED
                + " ORDER BY gone DESC LIMIT -1 OFFSET " + OutboxPolicy.PARKED_MAX, null)) {
            while (beyond.moveToNext()) {
                leave(db, beyond.getString(0), IS_PARKED, Fate.DROPPED, beyond.getLong(1), null);
            }
        }
        db.execSQL("DELETE FROM notices WHERE seq IN (SELECT seq FROM notices WHERE " + HAS_LEFT
                + " ORDER BY gone DESC LIMIT -1 OFFSET " + OutboxPolicy.HISTORY_MAX + ")");
    }

    @Override
    public synchronized List<Entry> oldest(int max, int maxBytes) {
        List<Entry> oldest = new ArrayList<>();
        long bytes = 0;
        try (Cursor rows = file.getWritableDatabase().rawQuery("SELECT id, bytes, json FROM notices WHERE " + WAITS
                + " ORDER BY seq LIMIT " + Math.max(0, max), null)) {
            while (rows.moveToNext()) {
                bytes += rows.getLong(1);
                if (bytes > maxBytes && !oldest.isEmpty()) {
                    break;
                }
                oldest.add(new Entry(rows.getString(0), rows.getString(2)));
            }
        }
        return oldest;
    }

    @Override
    public synchronized void stored(Collection<String> ids, long atMillis) {
        write(db -> {
            for (String id : ids) {
                leave(db, id, WAITS, Fate.STORED, atMillis, null);
            }
            trim(db);
            addUp(db);
            return true;
        });
    }

    @Override
    public synchronized void park(String id, String code, long atMillis) {
        write(db -> {
            leave(db, id, WAITS, Fate.PARKED, atMillis, code);
            trim(db);
            addUp(db);
            return true;
        });
    }

    /** Counted once after each change, since a screen asks every second. */
    @Override
    public synchronized Counts counts() {
        if (counts == null) {
            SQLiteDatabase db = file.getWritableDatabase();
            counts = new Counts((int) number(db, "SELECT count(*) FROM notices WHERE " + WAITS),
                    number(db, "SELECT coalesce(min(posted_at), 0) FROM notices WHERE " + WAITS),
                    (int) number(db, "SELECT count(*) FROM notices WHERE " + IS_PARKED), counter(db, DROPPED),
                    counter(db, HIDDEN));
        }
        return counts;
    }

    @Override
    public synchronized List<Row> recent(int max) {
        List<Row> recent = new ArrayList<>();
        try (Cursor rows = file.getWritableDatabase().rawQuery("SELECT id, package, title, text, posted_at, fate, fate_at, code"
                + " FROM notices ORDER BY seq DESC LIMIT " + Math.max(0, max), null)) {
            while (rows.moveToNext()) {
                recent.add(new Row(rows.getString(0), rows.getString(1), rows.getString(2), rows.getString(3), rows.getLong(4),
                        Fate.valueOf(rows.getString(5)), rows.getLong(6), rows.getString(7)));
            }
        }
        return recent;
    }

    /** What became of a notice; null where it is not known, or no longer. */
    synchronized Fate fateOf(String id) {
        try (Cursor row = file.getWritableDatabase().rawQuery("SELECT fate FROM notices WHERE id = ?", new String[] {id})) {
            return row.moveToFirst() ? Fate.valueOf(row.getString(0)) : null;
        }
    }

    /** Forgets all notices, those that wait too; what was counted stays counted. Only ever because the owner said so. */
    synchronized void wipe() {
        write(db -> {
            db.delete("notices", null, null);
            addUp(db);
            return true;
        });
    }

    /** True where a broken file had to be put aside. */
    boolean wasBroken() {
        return file.setAside();
    }

    /** How it is written, for the diagnostics: {@code wal, synchronous 2}. */
    synchronized String mode() {
        SQLiteDatabase db = file.getWritableDatabase();
        return OutboxFile.pragma(db, "PRAGMA journal_mode") + ", synchronous " + OutboxFile.pragma(db, "PRAGMA synchronous");
    }

    synchronized void close() {
        file.close();
    }

    private interface Change {
        boolean in(SQLiteDatabase db);
    }

    private boolean write(Change change) {
        SQLiteDatabase db = file.getWritableDatabase();
        counts = null;
        if (waiting < 0) {
            addUp(db);
        }
        boolean committed = false;
        try {
            boolean changed = inTransaction(db, change);
            committed = true;
            return changed;
        } finally {
            // Where the disk is full nothing of it happened, whatever was added up on the way.
            waiting = committed ? waiting : -1;
        }
    }

    private static boolean inTransaction(SQLiteDatabase db, Change change) {
        db.beginTransactionNonExclusive();
        try {
            boolean changed = change.in(db);
            db.setTransactionSuccessful();
            return changed;
        } finally {
            db.endTransaction();
        }
    }

    private static long number(SQLiteDatabase db, String sql) {
        return DatabaseUtils.longForQuery(db, sql, null);
    }

    private static void count(SQLiteDatabase db, String counter) {
        db.execSQL("INSERT OR REPLACE INTO counters VALUES (?, ?)", new Object[] {counter, counter(db, counter) + 1});
    }

    private static long counter(SQLiteDatabase db, String counter) {
        return DatabaseUtils.longForQuery(db, "SELECT coalesce(max(value), 0) FROM counters WHERE name = ?",
                new String[] {counter});
    }
}

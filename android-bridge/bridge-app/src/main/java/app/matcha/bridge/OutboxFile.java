package app.matcha.bridge;

import android.content.Context;
import android.database.Cursor;
import android.database.sqlite.SQLiteDatabase;
import android.database.sqlite.SQLiteOpenHelper;
import java.io.File;

/**
 * The database file: its tables, and how it is written. In WAL mode and with {@code synchronous=FULL} a transaction is on
 * the disk when it returns.
 *
 * <p>A file that SQLite finds broken is put aside and a new one begun; Android itself would delete it. What waited in it
 * is lost to the app, and {@link #setAside} tells.
 */
final class OutboxFile extends SQLiteOpenHelper {
    static final String NAME = "outbox.db";
    private static final String BROKEN = "outbox.broken";
    private static final int VERSION = 1;

    private final Context context;

    OutboxFile(Context context) {
        super(context, NAME, null, VERSION, OutboxFile::putAside);
        this.context = context;
    }

    /**
     * By hand, and not by {@code enableWriteAheadLogging}: that opens more connections, and a pragma would reach only one
     * of them. With one connection it reaches the one there is.
     */
    @Override
    public void onConfigure(SQLiteDatabase db) {
        pragma(db, "PRAGMA journal_mode=WAL");
        db.execSQL("PRAGMA synchronous=FULL");
    }

    @Override
    public void onCreate(SQLiteDatabase db) {
        // "gone" counts up in the order in which notices stopped waiting; null while they wait.
        db.execSQL("CREATE TABLE notices (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, fate TEXT NOT NULL,"
                + " posted_at INTEGER NOT NULL, bytes INTEGER NOT NULL, json TEXT NOT NULL, package TEXT NOT NULL,"
                + " title TEXT NOT NULL, text TEXT NOT NULL, fate_at INTEGER NOT NULL, code TEXT, gone INTEGER)");
        db.execSQL("CREATE INDEX by_fate ON notices (fate, seq, bytes, posted_at)");
        db.execSQL("CREATE INDEX by_leaving ON notices (gone)");
        db.execSQL("CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL)");
    }

    @Override
    public void onUpgrade(SQLiteDatabase db, int from, int to) {
        throw new IllegalStateException("there is no version " + from + " to come from");
    }

    /** The value of a pragma. */
    static String pragma(SQLiteDatabase db, String sql) {
        try (Cursor row = db.rawQuery(sql, null)) {
            return row.moveToFirst() ? row.getString(0) : "";
        }
    }

    /** True where a broken file was put aside, now or before. */
    boolean setAside() {
        return context.getDatabasePath(BROKEN).exists();
    }

    private static void putAside(SQLiteDatabase db) {
        File file = new File(db.getPath());
        // While it is being opened it is not open yet, and will be opened again right after this.
        if (db.isOpen()) {
            db.close();
        }
        // The first one is kept: it is the one that may still hold what waited.
        File broken = new File(file.getParentFile(), BROKEN);
        if (broken.exists() || !file.renameTo(broken)) {
            file.delete();
        }
        new File(file.getPath() + "-wal").delete();
        new File(file.getPath() + "-shm").delete();
    }
}

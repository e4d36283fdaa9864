package app.matcha.bridge;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import android.content.Context;
import android.database.sqlite.SQLiteDatabase;
import app.matcha.bridge.core.Notices;
import app.matcha.bridge.core.Outbox;
import app.matcha.bridge.core.OutboxContract;
import app.matcha.bridge.core.OutboxPolicy;
import java.io.File;
import java.nio.file.Files;
import java.util.Collections;
import org.junit.After;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;

/** The promises of every outbox, and those that only one on a disk can make. */
@RunWith(RobolectricTestRunner.class)
public final class SqliteOutboxTest extends OutboxContract {
    private final Context context = RuntimeEnvironment.getApplication();
    private SqliteOutbox open;

    @Override
    protected Outbox open() {
        open = new SqliteOutbox(context);
        return open;
    }

    /** Nothing is carried over but the file. */
    @Override
    protected Outbox reopen(Outbox outbox) {
        open.close();
        return open();
    }

    @After
    public void close() {
        open.close();
    }

    @Test
    public void a_transaction_is_on_the_disk_when_it_returns() {
        assertEquals("wal, synchronous 2", open.mode());
        assertEquals("wal, synchronous 2", ((SqliteOutbox) reopen(open)).mode());
    }

    /** A kill leaves the files as they are: a copy of them, taken while the outbox is open, has everything. */
    @Test
    public void what_was_added_is_there_after_a_kill_without_a_close() throws Exception {
        open.add(Notices.numbered(1));
        open.add(Notices.numbered(2));
        open.stored(Collections.singleton(Notices.numbered(1).id()), 5);
        File killed = context.getDatabasePath(OutboxFile.NAME);
        File copies = new File(context.getCacheDir(), "copies");
        assertTrue(copies.mkdirs());
        for (File file : killed.getParentFile().listFiles()) {
            Files.copy(file.toPath(), copies.toPath().resolve(file.getName()));
        }
        open.close();
        for (File file : copies.listFiles()) {
            Files.copy(file.toPath(), killed.toPath().resolveSibling(file.getName()),
                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
        SqliteOutbox revived = (SqliteOutbox) open();
        assertEquals(Outbox.Fate.STORED, revived.fateOf(Notices.numbered(1).id()));
        assertEquals(Outbox.Fate.WAITING, revived.fateOf(Notices.numbered(2).id()));
        assertFalse("it is known already", revived.add(Notices.numbered(2)));
    }

    @Test
    public void a_broken_file_is_put_aside_and_told_and_a_new_one_is_begun() throws Exception {
        open.add(Notices.numbered(1));
        open.close();
        File file = context.getDatabasePath(OutboxFile.NAME);
        byte[] garbage = new byte[8192];
        java.util.Arrays.fill(garbage, (byte) 'x');
        Files.write(file.toPath(), garbage);
        SqliteOutbox begun = (SqliteOutbox) open();
        assertTrue(begun.add(Notices.numbered(2)));
        assertEquals(1, begun.counts().waiting);
        assertTrue(begun.wasBroken());
        File broken = new File(file.getParentFile(), "outbox.broken");
        assertEquals("what was in it is kept", garbage.length, broken.length());
    }

    @Test
    public void an_outbox_that_was_never_broken_does_not_say_so() {
        assertFalse(open.wasBroken());
    }

    @Test
    public void more_than_may_be_parked_is_dropped_and_counted() {
        fill(OutboxPolicy.PARKED_MAX, "'id' || n, 'PARKED', n, 2, '{}', 'p', 't', 'x', n, 'invalid', n");
        open.add(Notices.numbered(1));
        open.park(Notices.numbered(1).id(), "invalid", 7);
        assertEquals(OutboxPolicy.PARKED_MAX, open.counts().parked);
        assertEquals(1, open.counts().dropped);
        assertEquals(Outbox.Fate.DROPPED, open.fateOf("id1"));
        assertEquals(Outbox.Fate.PARKED, open.fateOf("id2"));
    }

    @Test
    public void twenty_thousand_may_wait_and_the_oldest_goes_for_the_next() {
        fill(OutboxPolicy.WAITING_MAX, "'id' || n, 'WAITING', n, 2, '{}', 'p', 't', 'x', n, NULL, NULL");
        assertTrue(open.add(Notices.numbered(1)));
        assertEquals(OutboxPolicy.WAITING_MAX, open.counts().waiting);
        assertEquals(1, open.counts().dropped);
        assertEquals("id2", open.oldest(1, 1).get(0).id);
    }

    @Test
    public void what_the_owner_wipes_is_gone_and_the_counts_stay() {
        open.add(Notices.builder("1.00", 5).hidden("redacted").build());
        open.wipe();
        assertEquals(0, open.recent(10).size());
        assertEquals(1, open.counts().hidden);
    }

    /** Rows from 1 on, in one transaction instead of thousands. */
    private void fill(int rows, String columns) {
        open.counts();
        open.close();
        try (SQLiteDatabase file = SQLiteDatabase.openDatabase(context.getDatabasePath(OutboxFile.NAME).getPath(), null, 0)) {
            file.execSQL("WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < " + rows
                    + ") INSERT INTO notices SELECT NULL, " + columns + " FROM n");
        }
        open();
    }
}

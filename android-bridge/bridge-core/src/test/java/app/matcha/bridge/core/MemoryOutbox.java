package app.matcha.bridge.core;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An outbox without a database, for tests of what is around it. Keeps to the contract and its bounds. */
public final class MemoryOutbox implements Outbox {
    private static final class Kept {
        final Notice notice;
        final int bytes;
        Fate fate = Fate.WAITING;
        long fateAt;
        String code;

        Kept(Notice notice) {
            this.notice = notice;
            bytes = notice.json().getBytes(StandardCharsets.UTF_8).length;
            fateAt = notice.postedAtMillis();
        }
    }

    /** In the order in which they came. */
    private final Map<String, Kept> all = new LinkedHashMap<>();
    /** In the order in which they left. */
    private final Deque<String> left = new ArrayDeque<>();
    private final Deque<String> parked = new ArrayDeque<>();
    private int waiting;
    private long waitingBytes;
    private long dropped;
    private long hidden;

    @Override
    public synchronized boolean add(Notice notice) {
        if (all.containsKey(notice.id())) {
            return false;
        }
        Kept kept = new Kept(notice);
        all.put(notice.id(), kept);
        waiting++;
        waitingBytes += kept.bytes;
        hidden += notice.hidden() == null ? 0 : 1;
        while (OutboxPolicy.isOverfull(waiting, waitingBytes)) {
            drop(oldest(1, 1).get(0).id, notice.postedAtMillis());
        }
        return true;
    }

    private void drop(String id, long atMillis) {
        leave(all.get(id), Fate.DROPPED, atMillis, null);
        dropped++;
    }

    private void leave(Kept kept, Fate fate, long atMillis, String code) {
        if (kept.fate == Fate.WAITING) {
            waiting--;
            waitingBytes -= kept.bytes;
        }
        kept.fate = fate;
        kept.fateAt = atMillis;
        kept.code = code;
        Deque<String> to = fate == Fate.PARKED ? parked : left;
        to.add(kept.notice.id());
        while (left.size() > OutboxPolicy.HISTORY_MAX) {
            all.remove(left.remove());
        }
        if (parked.size() > OutboxPolicy.PARKED_MAX) {
            drop(parked.remove(), atMillis);
        }
    }

    private boolean waits(String id) {
        return all.containsKey(id) && all.get(id).fate == Fate.WAITING;
    }

    @Override
    public synchronized List<Entry> oldest(int max, int maxBytes) {
        List<Entry> oldest = new ArrayList<>();
        int bytes = 0;
        for (Kept kept : all.values()) {
            if (kept.fate == Fate.WAITING) {
                bytes += kept.bytes;
                if (oldest.size() >= max || (bytes > maxBytes && !oldest.isEmpty())) {
                    break;
                }
                oldest.add(new Entry(kept.notice.id(), kept.notice.json()));
            }
        }
        return oldest;
    }

    @Override
    public synchronized void stored(Collection<String> ids, long atMillis) {
        for (String id : ids) {
            if (waits(id)) {
                leave(all.get(id), Fate.STORED, atMillis, null);
            }
        }
    }

    @Override
    public synchronized void park(String id, String code, long atMillis) {
        if (waits(id)) {
            leave(all.get(id), Fate.PARKED, atMillis, code);
        }
    }

    @Override
    public synchronized Counts counts() {
        long oldest = 0;
        for (Kept kept : all.values()) {
            if (kept.fate == Fate.WAITING && (oldest == 0 || kept.notice.postedAtMillis() < oldest)) {
                oldest = kept.notice.postedAtMillis();
            }
        }
        return new Counts(waiting, oldest, parked.size(), dropped, hidden);
    }

    @Override
    public synchronized List<Row> recent(int max) {
        List<Row> rows = new ArrayList<>();
        for (Kept kept : all.values()) {
            Notice notice = kept.notice;
            rows.add(0, new Row(notice.id(), notice.packageName(), notice.title(), notice.text(), notice.postedAtMillis(),
                    kept.fate, kept.fateAt, kept.code));
        }
        return rows.subList(0, Math.min(max, rows.size()));
    }
}

package app.matcha.bridge;

/** What came of pairing. Immutable. */
public final class PairResult {
    public final boolean ok;
    /** Why not; null where it is ok. A code of the link, of the server, or of the way to it. */
    public final String code;

    private PairResult(boolean ok, String code) {
        this.ok = ok;
        this.code = code;
    }

    public static PairResult done() {
        return new PairResult(true, null);
    }

    public static PairResult failed(String code) {
        return new PairResult(false, code);
    }
}

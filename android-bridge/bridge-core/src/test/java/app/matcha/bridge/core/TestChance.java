package app.matcha.bridge.core;

import java.util.Random;

/** Chance from a seed. */
public final class TestChance implements Chance {
    private final Random random;

    public TestChance(long seed) {
        random = new Random(seed);
    }

    @Override
    public double next() {
        return random.nextDouble();
    }

    @Override
    public void bytes(byte[] into) {
        random.nextBytes(into);
    }
}

package app.matcha.bridge.ui;

import java.util.TimeZone;
import org.junit.rules.ExternalResource;

/** For the time of a test: a {@link FakePanel} behind the screens, in Shanghai. Closes what the test opened. */
public final class Stage extends ExternalResource {
    final FakePanel panel = new FakePanel();
    private final TimeZone before = TimeZone.getDefault();

    @Override
    protected void before() {
        Panel.use(panel);
        TimeZone.setDefault(TimeZone.getTimeZone("Asia/Shanghai"));
    }

    @Override
    protected void after() {
        Screens.closeAll();
        Panel.use(null);
        TimeZone.setDefault(before);
    }
}

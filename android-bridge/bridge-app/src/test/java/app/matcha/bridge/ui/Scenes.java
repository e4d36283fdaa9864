package app.matcha.bridge.ui;

import android.app.Activity;
import android.content.Context;
import android.content.Intent;
import android.net.Uri;
import app.matcha.bridge.SelfTest.State;
import app.matcha.bridge.Step;
import app.matcha.bridge.core.Courier.Result.Kind;
import app.matcha.bridge.core.Outbox.Fate;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.shadows.ShadowLooper;

/** Every screen in every state that looks different, by name: what is pictured, and what is measured. */
final class Scenes {
    private static final String LINK = "matcha://pair?server=https%3A%2F%2Fpay.example.com&code=K7DFW-2Q9XM";
    private static final String PRIVATE = "matcha://pair?server=http%3A%2F%2F192.168.1.20%3A8080&code=K7DFW-2Q9XM";

    /** A screen and how the app stands. */
    static final class Scene {
        final Intent intent;
        final Consumer<FakePanel> set;

        private Scene(Intent intent, Consumer<FakePanel> set) {
            this.intent = intent;
            this.set = set;
        }

        /** Opens it, and lets a while go by. */
        Activity open() {
            FakePanel panel = new FakePanel();
            set.accept(panel);
            Panel.use(panel);
            Activity screen = Screens.open(screen(), intent);
            panel.now += 10_000;
            panel.changed();
            panel.now -= 10_000;
            ShadowLooper.idleMainLooper();
            return screen;
        }

        private Class<? extends Activity> screen() {
            try {
                return Class.forName(intent.getComponent().getClassName()).asSubclass(Activity.class);
            } catch (ClassNotFoundException unknown) {
                throw new AssertionError(unknown);
            }
        }
    }

    private final Map<String, Scene> scenes = new LinkedHashMap<>();

    private Scenes() {}

    static Map<String, Scene> all() {
        Scenes all = new Scenes();
        all.home();
        all.pair();
        all.others();
        return all.scenes;
    }

    private void home() {
        add("home-welcome", HomeActivity.class, panel -> {});
        add("home-ok", HomeActivity.class, FakePanel::well);
        add("home-ready", HomeActivity.class, panel -> panel.well().status.lastStoredAt = 0);
        add("home-no-access", HomeActivity.class, panel -> panel.well().status.listenerGranted = false);
        add("home-unbound", HomeActivity.class, panel -> panel.well().status.listenerBound = false);
        add("home-waiting", HomeActivity.class, panel -> {
            panel.well().status.courier = Kind.WAIT;
            panel.status.code = "unreachable";
            panel.status.nextAttemptAt = FakePanel.NOW + 90_000;
            panel.status.waiting = 12;
            panel.status.oldestWaitingAt = FakePanel.NOW - 13 * 60_000;
            panel.status.lastStoredAt = FakePanel.NOW - 14 * 60_000;
            panel.status.lastHeartbeatAt = FakePanel.NOW - 14 * 60_000;
            panel.status.clockOffsetMillis = 600_000;
        });
        add("home-stopped", HomeActivity.class, panel -> {
            panel.well().status.courier = Kind.STOPPED;
            panel.status.code = "revoked_device";
            panel.status.waiting = 3;
            panel.status.oldestWaitingAt = FakePanel.NOW - 26 * 60_000;
        });
        add("home-hidden", HomeActivity.class, panel -> panel.well().status.hidden = 2);
        add("home-dropped", HomeActivity.class, panel -> panel.well().status.dropped = 1_204);
        add("home-lost", HomeActivity.class, panel -> panel.well().status.lost = 3);
        add("home-parked", HomeActivity.class, panel -> panel.well().status.parked = 1);
        add("home-steps", HomeActivity.class, panel -> panel.well().step(Step.BATTERY, Step.Done.NO, false));
        add("home-asleep", HomeActivity.class, panel -> panel.well().status.foreground = false);
    }

    private void pair() {
        add("pair-empty", PairActivity.class, panel -> {});
        add("pair-link", view(LINK), panel -> {});
        add("pair-scanned", PairActivity.with(context(), LINK), panel -> {});
        add("pair-private", PairActivity.with(context(), PRIVATE), panel -> {});
        add("pair-bad", PairActivity.with(context(), LINK + "&pin=x"), panel -> {});
        add("pair-again", PairActivity.with(context(), null), FakePanel::well);
        add("scan-asks", ScanActivity.class, panel -> {});
    }

    private void others() {
        add("steps-access", StepsActivity.class, panel -> {});
        add("steps-vendor", StepsActivity.at(context(), StepList.VENDOR), FakePanel::well);
        add("steps-wechat", StepsActivity.at(context(), StepList.WECHAT), panel -> {
            StepsActivityTest.install(Apps.WECHAT);
            panel.well();
        });
        add("steps-hiding", StepsActivity.at(context(), StepList.HIDING), panel -> panel.well().status.hidden = 1);
        add("test-idle", SelfTestActivity.class, FakePanel::well);
        add("test-heard", SelfTestActivity.class, panel -> test(panel, State.HEARD, null, 30, 240, -1));
        add("test-stored", SelfTestActivity.class, panel -> test(panel, State.STORED, null, 30, 240, 1_310));
        add("test-failed", SelfTestActivity.class, panel -> test(panel, State.FAILED, State.HEARD, 30, -1, -1));
        add("notices", NoticesActivity.class, panel -> {
            panel.row(Apps.WECHAT, "微信支付", "微信支付收款0.98元(朋友到店)", Fate.WAITING, null, 4_000);
            panel.row(Apps.WECHAT, "微信支付", "微信支付收款0.97元(朋友到店)", Fate.STORED, null, 130_000);
            panel.row(Apps.ALIPAY, "你已成功收款1.00元", "立即查看余额>>", Fate.STORED, null, 610_000);
            panel.row(Apps.WECHAT, "小林", "[2条]小林: 周末喝茶吗", Fate.STORED, null, 3_700_000);
            panel.row(Apps.WECOM, "对外收款", "成功收款0.95元", Fate.PARKED, "invalid", 86_400_000);
        });
        add("notices-none", NoticesActivity.class, FakePanel::well);
        add("apps", AppsActivity.class, FakePanel::well);
        add("diagnostics", DiagnosticsActivity.class, panel -> panel.diagnostics = String.join("\n", "Matcha bridge",
                "version: 0.1.0", "phone: Xiaomi Mi 10, Android 13 (33), V14.0.4.0", "server: https pay.example.com",
                "pinned: false", "listener: bound", "foreground: true", "battery exempt: true", "courier: IDLE",
                "waiting: 0", "parked: 0", "dropped: 0", "hidden: 0", "notices:",
                "  2026-11-27T13:43:00.000Z com.tencent.mm title:4 text:19 STORED 2026-11-27T13:43:01.120Z"));
    }

    private static void test(FakePanel panel, State state, State failedAt, long posted, long heard, long stored) {
        panel.well().test.state = state;
        panel.test.failedAt = failedAt;
        panel.test.posted = posted;
        panel.test.heard = heard;
        panel.test.stored = stored;
    }

    private void add(String name, Class<? extends Activity> screen, Consumer<FakePanel> set) {
        add(name, new Intent(context(), screen), set);
    }

    private void add(String name, Intent intent, Consumer<FakePanel> set) {
        scenes.put(name, new Scene(intent, set));
    }

    private static Context context() {
        return RuntimeEnvironment.getApplication();
    }

    private static Intent view(String link) {
        return new Intent(Intent.ACTION_VIEW, Uri.parse(link), context(), PairActivity.class);
    }
}

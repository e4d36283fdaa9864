package app.matcha.bridge;

import android.app.job.JobInfo;
import android.app.job.JobParameters;
import android.app.job.JobScheduler;
import android.app.job.JobService;
import android.content.ComponentName;
import android.content.Context;

/** Every quarter of an hour, also when the process was killed: looks after the listener, delivers, and beats. */
public final class WatchdogJob extends JobService {
    static final int ID = 1;
    /** Milliseconds; the shortest that Android repeats a job. */
    private static final long EVERY = 15 * 60_000;

    /** Has the system call it from now on; outlives a reboot. */
    static void schedule(Context context) {
        JobScheduler jobs = context.getSystemService(JobScheduler.class);
        if (jobs.getPendingJob(ID) == null) {
            jobs.schedule(new JobInfo.Builder(ID, new ComponentName(context, WatchdogJob.class)).setPeriodic(EVERY)
                    .setPersisted(true).build());
        }
    }

    static void cancel(Context context) {
        context.getSystemService(JobScheduler.class).cancel(ID);
    }

    @Override
    public boolean onStartJob(JobParameters parameters) {
        Bridge.of(this).awake(() -> jobFinished(parameters, false));
        return true;
    }

    @Override
    public boolean onStopJob(JobParameters parameters) {
        return true;
    }
}

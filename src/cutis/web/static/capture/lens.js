// The phone's camera: its moving picture, its photos, and the one on the other side.
export class Lens {
  constructor(video) {
    this.video = video;
    this.wanted = { facingMode: { ideal: "environment" } };
    this.stream = null;
    this.opening = null; // two who ask at once get one camera
  }

  get track() {
    return this.stream?.getVideoTracks().find((one) => one.readyState === "live") ?? null;
  }

  // It worked, and does not any more.
  get ended() {
    return this.video.srcObject !== null && !this.track && !this.opening;
  }

  // The picture of the camera that looks at who holds the phone is shown as in a mirror; its photos are not.
  get mirrored() {
    return (this.track?.getSettings().facingMode ?? "") === "user";
  }

  // Throws what the browser throws where there is no camera, or where it is not allowed.
  async start() {
    if (this.track) return;
    const wanted = { ...this.wanted, width: { ideal: 1920 }, height: { ideal: 1440 } };
    this.opening ??= navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    try {
      this.stream = await this.opening;
    } finally {
      this.opening = null;
    }
    this.video.srcObject = this.stream;
    await this.video.play().catch(() => {});
  }

  // Phones say which way a camera looks; where that is not said, the next one is taken.
  async turn() {
    const { facingMode, deviceId } = this.track?.getSettings() ?? {};
    const all = await this.all();
    const next = all[(all.findIndex((one) => one.deviceId === deviceId) + 1) % all.length];
    const other = facingMode === "user" ? "environment" : "user";
    this.wanted = facingMode ? { facingMode: { ideal: other } } : { deviceId: { exact: next?.deviceId } };
    this.stop(); // many phones open one camera at a time
    await this.start();
  }

  // Told in full only once a camera was allowed.
  async all() {
    const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    return devices.filter((one) => one.kind === "videoinput");
  }

  stop() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
  }

  // The camera's own photo has more pixels than its moving picture, where the browser gives it.
  async photo() {
    if ("ImageCapture" in window) {
      const late = new Promise((_, reject) => setTimeout(() => reject(new Error("late")), 4000));
      const taken = await Promise.race([new ImageCapture(this.track).takePhoto(), late]).catch(() => null);
      if (taken?.size && taken.type === "image/jpeg") return taken;
    }
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [this.video.videoWidth, this.video.videoHeight];
    canvas.getContext("2d").drawImage(this.video, 0, 0);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
  }
}

// A server that sends everything back, over Node's tls.
const fs = require('fs');
const tls = require('tls');

const work = process.env.WORK;
const server = tls.createServer({ cert: fs.readFileSync(work + '/server.pem'),
  key: fs.readFileSync(work + '/server.key'), allowHalfOpen: true }, (socket) => {
  socket.on('error', () => {});
  socket.pipe(socket);
});
server.on('tlsClientError', () => {});
server.listen(Number(process.argv[2]), '127.0.0.1');
